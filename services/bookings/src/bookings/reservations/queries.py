"""What can be asked about bookings, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from bookings.domain.attendance import Entry
from bookings.reservations.domain.booking import Booking


@dataclass(frozen=True, slots=True)
class Reader:
    """On whose behalf bookings are read: these parties, and for a learner's own eyes only their own."""

    parties: frozenset[UUID]
    learner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class DayRegister:
    """The register of one day as it was last taken."""

    on: date
    recorded_at: datetime
    entries: Sequence[Entry]


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

    async def registers(
        self, reader: Reader, booking_id: UUID, after: date | None, limit: int
    ) -> Sequence[DayRegister]:
        """The days' registers. Raises `NotFound`."""
        ...
