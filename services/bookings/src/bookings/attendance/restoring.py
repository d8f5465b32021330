"""Registers that others heard of and a restored database may not know."""

from uuid import UUID

from sqlalchemy import text

from bookings.attendance.domain import AttendanceEntry, AttendanceRegister, RecordedRegister
from bookings.attendance.repository import AttendanceRepository
from bookings.reservations.restoring import tenants
from shared.bus.outbox import version_of
from shared.bus.transaction import Transaction
from shared.contracts.bookings import AttendanceRecorded
from shared.contracts.envelope import Event
from shared.kernel import NotFound
from shared.messaging.restoring import OwnEvent

_LEARNERS = text("select learner_id from booking_learners where booking_id = :booking_id")


async def take_as_told(event: Event[AttendanceRecorded], transaction: Transaction) -> None:
    """A register that others heard of stands; who took it is forgotten, so either party corrects it."""
    said, attendance = event.data, AttendanceRepository(transaction)
    try:
        booking, _ = await attendance.booking(said.booking_id, tenants(said), said.on)
    except NotFound:
        return  # it is gone, with its registers
    if version_of(event.sequence) <= booking.version:
        return  # from before the moment
    register = await _of_whom_is_known(said, transaction)
    before = await attendance.recorded(said.booking_id, said.on)
    if before is not None and register.says_the_same_as(before.register):
        return
    booking.take_as_told(register)
    recorded = RecordedRegister(register, booking.version, recorded_by=None, recorded_at=event.time)
    await attendance.save(booking, recorded)


async def _of_whom_is_known(said: AttendanceRecorded, transaction: Transaction) -> AttendanceRegister:
    """The register without learners who were erased."""
    rows = await transaction.db.execute(_LEARNERS, {"booking_id": said.booking_id})
    known: set[UUID] = {row.learner_id for row in rows}
    entries = [
        AttendanceEntry(each.learner_id, each.attended, each.minutes)
        for each in said.entries
        if each.learner_id in known
    ]
    return AttendanceRegister(said.on, tuple(entries))


OWN_EVENTS = [OwnEvent(AttendanceRecorded, take_as_told, tenants)]
