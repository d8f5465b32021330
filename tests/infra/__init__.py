"""What tests stand on: real engines, databases, topics and an issuer."""
