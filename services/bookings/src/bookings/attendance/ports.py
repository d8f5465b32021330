"""What the use case of attendance needs."""

from collections.abc import Collection
from datetime import date
from typing import Protocol
from uuid import UUID

from bookings.attendance.domain import AttendanceRegister, AttendedBooking


class Attendance(Protocol):
    """The registers of bookings."""

    async def booking(
        self, booking_id: UUID, parties: Collection[UUID], on: date
    ) -> tuple[AttendedBooking, int | None]:
        """A booking that one of these parties asked for or provides, and its session's minutes on a day.

        None where the session does not take place on it. Raises `NotFound`.
        """
        ...

    async def save(self, booking: AttendedBooking, register: AttendanceRegister) -> None:
        """Save a day's register in place of an earlier one. Raises `ConcurrentChange`."""
        ...


class AttendanceUnitOfWork(Protocol):
    """One transaction, as this capability sees it."""

    today: date
    attendance: Attendance
