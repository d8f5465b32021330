"""Opportunities and sessions over HTTP."""
