"""Registers saved: what they need of a booking is read, and its version moves with each."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.attendance.domain import (
    AttendanceEntry,
    AttendanceRegister,
    AttendedBooking,
    RecordedRegister,
)
from bookings.attendance.publishing import publish
from bookings.reservations.domain.lifecycle import State
from shared.bus.transaction import Transaction
from shared.kernel import ConcurrentChange, NotFound

_BOOKING = text(
    """
    select b.booking_id, b.session_id, b.opportunity_id, b.institution_id, b.provider_id, b.state, b.version,
           array(select l.learner_id from booking_learners l
                 where l.booking_id = b.booking_id and not l.departed order by l.learner_id) as learner_ids,
           (select sum(d.minutes) from session_days d
            where d.session_id = b.session_id and d.on_day = :on_day) as day_minutes
    from bookings b
    where b.booking_id = :booking_id
      and (b.institution_id = any (cast(:parties as uuid[]))
           or b.provider_id = any (cast(:parties as uuid[])))
    """
)
PRESENT = "attendance"
# What was replaced is kept apart, so that a register which nobody corrects is stored once.
EVER = """(
  select booking_id, on_day, learner_id, attended, minutes, recorded_at, version, recorded_by
  from attendance
  union all
  select booking_id, on_day, learner_id, attended, minutes, recorded_at, version, recorded_by
  from attendance_history
)"""

_REGISTERS = """
select on_day, version, recorded_by, max(recorded_at) as recorded_at,
       array_agg(learner_id order by learner_id) as learner_ids,
       array_agg(attended order by learner_id) as attended,
       array_agg(minutes order by learner_id) as minutes
from {kept} as kept
where booking_id = :booking_id and {clauses}
group by on_day, version, recorded_by order by on_day, version limit :limit
"""
_MOVE_VERSION = text(
    "update bookings set version = :version where booking_id = :booking_id and version = :read_at"
)
_SAVE_REGISTER = text(
    """
    with kept as (
      insert into attendance_history (institution_id, provider_id, booking_id, on_day, learner_id,
        attended, minutes, recorded_at, version, recorded_by)
      select institution_id, provider_id, booking_id, on_day, learner_id,
        attended, minutes, recorded_at, version, recorded_by
      from attendance where booking_id = :booking_id and on_day = :on_day
    ), replaced as (
      delete from attendance
      where booking_id = :booking_id and on_day = :on_day
        and learner_id <> all (cast(:learner_ids as uuid[]))
    )
    insert into attendance (institution_id, provider_id, booking_id, on_day, learner_id,
      attended, minutes, recorded_at, version, recorded_by)
    select b.institution_id, b.provider_id, b.booking_id, :on_day, r.learner_id, r.attended, r.minutes,
      :recorded_at, :version, :recorded_by
    from bookings b cross join unnest(cast(:learner_ids as uuid[]), cast(:attended as boolean[]),
      cast(:minutes as smallint[])) as r(learner_id, attended, minutes)
    where b.booking_id = :booking_id
    on conflict (institution_id, booking_id, on_day, learner_id) do update
    set attended = excluded.attended, minutes = excluded.minutes, recorded_at = excluded.recorded_at,
        version = excluded.version, recorded_by = excluded.recorded_by
    """
)


class AttendanceRepository:
    """Registers beside the bookings they are of."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def booking(
        self, booking_id: UUID, parties: Collection[UUID], on: date
    ) -> tuple[AttendedBooking, int | None]:
        values = {"booking_id": booking_id, "parties": list(parties), "on_day": on}
        row = (await self._db.execute(_BOOKING, values)).one_or_none()
        if row is None:
            raise NotFound("There is no such booking, or it is not yours")
        booking = AttendedBooking(
            id=row.booking_id,
            session_id=row.session_id,
            opportunity_id=row.opportunity_id,
            institution_id=row.institution_id,
            provider_id=row.provider_id,
            state=State(row.state),
            learner_ids=tuple(row.learner_ids),
            version=row.version,
        )
        return booking, None if row.day_minutes is None else int(row.day_minutes)

    async def recorded(self, booking_id: UUID, on: date) -> RecordedRegister | None:
        found = await load_registers(
            self._db, PRESENT, "on_day = :on_day", 1, booking_id=booking_id, on_day=on
        )
        return found[0] if found else None

    async def save(self, booking: AttendedBooking, recorded: RecordedRegister) -> None:
        register, happened = recorded.register, booking.take_events()
        moved: Any = await self._db.execute(
            _MOVE_VERSION,
            {
                "booking_id": booking.id,
                "version": booking.version,
                "read_at": booking.version - len(happened),
            },
        )
        if moved.rowcount != 1:
            raise ConcurrentChange
        await self._db.execute(
            _SAVE_REGISTER,
            {
                "booking_id": booking.id,
                "on_day": register.on,
                "learner_ids": [entry.learner_id for entry in register.entries],
                "attended": [entry.attended for entry in register.entries],
                "minutes": [entry.minutes for entry in register.entries],
                "recorded_at": recorded.recorded_at,
                "version": recorded.version,
                "recorded_by": recorded.recorded_by,
            },
        )
        publish(self._transaction, happened)


async def load_registers(
    db: AsyncSession, kept: str, clauses: str, limit: int, **values: Any
) -> list[RecordedRegister]:
    """The registers of a booking that the clauses choose, in the order of their days and versions."""
    rows = await db.execute(text(_REGISTERS.format(kept=kept, clauses=clauses)), values | {"limit": limit})
    return [_register_of(row) for row in rows]


def _register_of(row: Any) -> RecordedRegister:
    entries = zip(row.learner_ids, row.attended, row.minutes, strict=True)
    register = AttendanceRegister(row.on_day, tuple(AttendanceEntry(*each) for each in entries))
    return RecordedRegister(register, row.version, row.recorded_by, row.recorded_at)
