"""What can be asked about attendance, and the answer."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from bookings.attendance.domain import RecordedRegister
from bookings.reservations.queries import Reader


class AttendanceQueries(Protocol):
    """Registers in the order of their days, from after the one given."""

    async def registers(
        self, reader: Reader, booking_id: UUID, after: date | None, limit: int
    ) -> Sequence[RecordedRegister]:
        """The days' registers; a learner sees their own entries. Raises `NotFound`."""
        ...

    async def history(
        self, reader: Reader, booking_id: UUID, after: tuple[date, int] | None, limit: int
    ) -> Sequence[RecordedRegister]:
        """Every version of the days' registers, oldest first; a learner sees their own. Raises `NotFound`."""
        ...
