"""Copies: facts of other services, and whether a site is trusted by them."""
