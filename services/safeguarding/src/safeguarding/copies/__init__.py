"""Copies of what other services have published, which the other capabilities read."""
