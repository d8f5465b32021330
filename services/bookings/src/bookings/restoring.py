"""What this service makes of its own events where a restored database may not know of them."""

from bookings.attendance import restoring as attendance
from bookings.capacity import restoring as capacity
from bookings.reservations import restoring as reservations
from shared.messaging.restoring import OwnEvent

OWN_EVENTS: list[OwnEvent] = [
    *reservations.OWN_EVENTS,
    *attendance.OWN_EVENTS,
    *capacity.OWN_EVENTS,
]
