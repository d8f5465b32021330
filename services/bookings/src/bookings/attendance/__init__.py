"""Attendance: the registers of confirmed bookings, one a day."""
