"""Reservations: bookings from the request to the end, and what moves them."""
