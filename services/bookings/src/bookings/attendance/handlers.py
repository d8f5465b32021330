"""Registers are taken."""

from bookings.attendance.commands import RecordAttendance
from bookings.attendance.domain import RecordedRegister
from bookings.attendance.ports import AttendanceUnitOfWork


async def record_attendance(command: RecordAttendance, uow: AttendanceUnitOfWork) -> RecordedRegister:
    register = command.register
    booking, day_minutes = await uow.attendance.booking(command.booking_id, command.acting_for, register.on)
    before = await uow.attendance.recorded(command.booking_id, register.on)
    author = booking.party_among(command.acting_for)
    changed = booking.record_attendance(
        register,
        day_minutes,
        uow.today,
        author=author,
        before=before,
        expected_version=command.expected_version,
    )
    if before is not None and not changed:
        return before
    recorded = RecordedRegister(register, booking.version, author, uow.now)
    await uow.attendance.save(booking, recorded)
    return recorded
