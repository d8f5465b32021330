"""What tests use: real engines, databases, topics and an issuer."""
