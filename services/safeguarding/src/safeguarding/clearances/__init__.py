"""Clearances: whether one booking may go ahead, by the rules or by a person."""
