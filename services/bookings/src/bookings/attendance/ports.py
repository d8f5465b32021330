"""What the use case of attendance needs."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from bookings.attendance.domain import AttendedBooking, RecordedRegister


class Attendance(Protocol):
    """The registers of bookings."""

    async def booking(
        self, booking_id: UUID, parties: Collection[UUID], on: date
    ) -> tuple[AttendedBooking, int | None]:
        """A booking that one of these parties asked for or provides, and its session's minutes on a day.

        None where the session does not take place on it. Raises `NotFound`.
        """
        ...

    async def recorded(self, booking_id: UUID, on: date) -> RecordedRegister | None:
        """The register of a day as it stands; None where nobody has taken it."""
        ...

    async def save(self, booking: AttendedBooking, recorded: RecordedRegister) -> None:
        """Save a day's register; an earlier one becomes history. Raises `ConcurrentChange`."""
        ...


class AttendanceUnitOfWork(Protocol):
    """One transaction, as this capability sees it."""

    now: datetime
    today: date
    attendance: Attendance
