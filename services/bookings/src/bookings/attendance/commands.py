"""What can be asked about attendance."""

from dataclasses import dataclass
from uuid import UUID

from bookings.attendance.domain import AttendanceRegister


@dataclass(frozen=True, slots=True)
class RecordAttendance:
    """Take the register of one day of a booking."""

    booking_id: UUID
    acting_for: frozenset[UUID]
    register: AttendanceRegister
    expected_version: int | None = None
