"""Registers and attendances as rows; the institution and the provider of a booking see them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outcomes.copies.domain import BookedIn
from outcomes.registers.commands import CopyRegister
from outcomes.registers.domain import LearnerDay
from shared.bus.transaction import Transaction

_BEGIN = text(
    """
    insert into registers (booking_id, on_day, institution_id, provider_id, sequence)
    select * from unnest(cast(:booking_id as uuid[]), cast(:on_day as date[]),
                         cast(:institution_id as uuid[]), cast(:provider_id as uuid[]),
                         cast(:sequence as bigint[]))
    on conflict (booking_id, on_day) do update set sequence = excluded.sequence
    where registers.sequence < excluded.sequence
    returning booking_id, on_day
    """
)
_NAMED_BEFORE = text(
    """
    select a.booking_id, a.on_day, a.learner_id
    from unnest(cast(:booking_id as uuid[]), cast(:on_day as date[]), cast(:institution_id as uuid[]))
         as r (booking_id, on_day, institution_id)
    join attendances a using (institution_id, booking_id, on_day)
    """
)
_SAVE_ATTENDANCES = text(
    """
    insert into attendances (institution_id, learner_id, on_day, booking_id, session_id, provider_id, minutes)
    select * from unnest(cast(:institution_id as uuid[]), cast(:learner_id as uuid[]),
                         cast(:on_day as date[]), cast(:booking_id as uuid[]), cast(:session_id as uuid[]),
                         cast(:provider_id as uuid[]), cast(:minutes as smallint[]))
    on conflict (institution_id, learner_id, on_day, booking_id) do update
    set session_id = excluded.session_id, provider_id = excluded.provider_id, minutes = excluded.minutes
    """
)
_OF_BOOKING = text(
    """
    select institution_id, learner_id, on_day from attendances
    where institution_id = :institution_id and booking_id = :booking_id order by learner_id, on_day
    """
)
_DAYS_PRESENT = text(
    """
    select distinct on_day from attendances
    where learner_id = :learner_id and session_id = :session_id and minutes > 0 order by 1
    """
)
_PRESENT = text(
    """
    select booking_id, institution_id, array_agg(distinct learner_id) as learner_ids from attendances
    where session_id = :session_id and minutes > 0 group by booking_id, institution_id order by booking_id
    """
)


class RegisterRepository:
    """The registers of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def begin(self, registers: Sequence[CopyRegister]) -> Sequence[CopyRegister]:
        begun = await self._db.execute(
            _BEGIN,
            _days_of(registers)
            | {
                "provider_id": [register.booking.provider_id for register in registers],
                "sequence": [register.sequence for register in registers],
            },
        )
        newer = {(row.booking_id, row.on_day) for row in begun}
        return [each for each in registers if (each.booking.booking_id, each.on) in newer]

    async def copy(self, registers: Sequence[CopyRegister]) -> Sequence[LearnerDay]:
        if not registers:
            return []
        by_day = {(register.booking.booking_id, register.on): register for register in registers}
        minutes: dict[tuple[UUID, date, UUID], int] = {}
        for row in await self._db.execute(_NAMED_BEFORE, _days_of(registers)):
            minutes[row.booking_id, row.on_day, row.learner_id] = 0
        for (booking_id, day), register in by_day.items():
            for entry in register.entries:
                minutes[booking_id, day, entry.learner_id] = entry.minutes
        if not minutes:
            return []
        attended = [
            (by_day[booking_id, day].booking, learner_id, day, present)
            for (booking_id, day, learner_id), present in minutes.items()
        ]
        values = {
            "institution_id": [booking.institution_id for booking, _, _, _ in attended],
            "learner_id": [learner_id for _, learner_id, _, _ in attended],
            "on_day": [day for _, _, day, _ in attended],
            "booking_id": [booking.booking_id for booking, _, _, _ in attended],
            "session_id": [booking.session_id for booking, _, _, _ in attended],
            "provider_id": [booking.provider_id for booking, _, _, _ in attended],
            "minutes": [present for _, _, _, present in attended],
        }
        await self._db.execute(_SAVE_ATTENDANCES, values)
        named = {(booking.institution_id, learner_id, day) for booking, learner_id, day, _ in attended}
        return [LearnerDay(*each) for each in sorted(named)]

    async def of_booking(self, institution_id: UUID, booking_id: UUID) -> Sequence[LearnerDay]:
        asked = {"institution_id": institution_id, "booking_id": booking_id}
        return [LearnerDay(*row) for row in await self._db.execute(_OF_BOOKING, asked)]

    async def days_present(self, session_id: UUID, learner_id: UUID) -> Sequence[date]:
        asked = {"session_id": session_id, "learner_id": learner_id}
        return (await self._db.scalars(_DAYS_PRESENT, asked)).all()

    async def present(self, session_id: UUID) -> Sequence[BookedIn]:
        rows = await self._db.execute(_PRESENT, {"session_id": session_id})
        return [BookedIn(row.booking_id, row.institution_id, tuple(row.learner_ids)) for row in rows]


def _days_of(registers: Sequence[CopyRegister]) -> dict[str, list[Any]]:
    return {
        "booking_id": [register.booking.booking_id for register in registers],
        "on_day": [register.on for register in registers],
        "institution_id": [register.booking.institution_id for register in registers],
    }
