"""Copies of what other services publish: assurances, places taken, frameworks."""
