"""Egress: the one way out to addresses that strangers named."""
