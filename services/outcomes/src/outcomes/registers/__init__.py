"""Copies of attendance registers: who was where on which day, and for how long."""
