"""Registers are taken."""

from bookings.attendance.commands import RecordAttendance
from bookings.attendance.domain import AttendanceRegister
from bookings.attendance.ports import AttendanceUnitOfWork


async def record_attendance(command: RecordAttendance, uow: AttendanceUnitOfWork) -> AttendanceRegister:
    register = command.register
    booking, day_minutes = await uow.attendance.booking(command.booking_id, command.acting_for, register.on)
    booking.record_attendance(register, day_minutes, uow.today)
    await uow.attendance.save(booking, register)
    return register
