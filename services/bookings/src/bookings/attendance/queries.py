"""What can be asked about attendance, and the answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from bookings.attendance.domain import AttendanceEntry
from bookings.reservations.queries import Reader


@dataclass(frozen=True, slots=True)
class DayRegister:
    """The register of one day as it was last taken."""

    on: date
    recorded_at: datetime
    entries: Sequence[AttendanceEntry]


class AttendanceQueries(Protocol):
    """Registers in the order of their days, from after the one given."""

    async def registers(
        self, reader: Reader, booking_id: UUID, after: date | None, limit: int
    ) -> Sequence[DayRegister]:
        """The days' registers; a learner sees their own entries. Raises `NotFound`."""
        ...
