"""What can be asked about bookings, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from bookings.reservations.domain.booking import Booking


@dataclass(frozen=True, slots=True)
class Reader:
    """On whose behalf bookings are read: these parties, and for a learner's own eyes only their own."""

    parties: frozenset[UUID]
    learner_id: UUID | None = None


class BookingQueries(Protocol):
    """Every list is in the order of its key, from after the one given."""

    async def booking(self, reader: Reader, booking_id: UUID) -> Booking:
        """Raises `NotFound`."""
        ...

    async def bookings(
        self,
        reader: Reader,
        session_id: UUID | None,
        state: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Booking]: ...
