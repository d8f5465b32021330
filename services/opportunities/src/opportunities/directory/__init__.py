"""The national directory of organisations and their sites."""
