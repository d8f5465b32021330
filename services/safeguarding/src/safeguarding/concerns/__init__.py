"""Concerns about providers: raised in confidence, read on record, resolved by a second person."""
