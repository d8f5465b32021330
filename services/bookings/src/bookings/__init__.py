"""Learners, places, bookings, waiting lists and attendance."""
