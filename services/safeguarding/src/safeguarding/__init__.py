"""Checklists, provider passports, clearances of bookings, and concerns."""
