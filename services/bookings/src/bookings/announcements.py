"""What this service can tell again of its own state, to whoever lost a copy of it or begins late."""

from bookings.attendance import announcing as attendance
from bookings.capacity import announcing as capacity
from bookings.learners import announcing as learners
from bookings.reservations import announcing as reservations
from shared.messaging.announcing import Announcement

ANNOUNCEMENTS: list[Announcement] = [
    learners.ANNOUNCED,
    capacity.ANNOUNCED,
    reservations.ANNOUNCED,
    attendance.ANNOUNCED,
]
