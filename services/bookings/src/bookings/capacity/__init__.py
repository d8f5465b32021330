"""Capacity: places of sessions, taken and free, and the waiting list."""
