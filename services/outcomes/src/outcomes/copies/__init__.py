"""Copies of what other services publish about opportunities, sessions and bookings."""
