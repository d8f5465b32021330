"""Registers: who was where for how long, and all that is known about it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outcomes.adapters import bulk
from outcomes.adapters.tables import AttendanceRow, table_of
from outcomes.application.commands import TakeRegister
from outcomes.application.ports import Attended, LearnerDay
from outcomes.copies.domain import BookedIn
from outcomes.domain.counting import Evidence
from outcomes.domain.ledger import Occasion
from outcomes.domain.meaning import Claim, combined
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
_IN_IT = text(
    """
    select a.booking_id, a.on_day, a.learner_id
    from unnest(cast(:booking_id as uuid[]), cast(:on_day as date[]), cast(:institution_id as uuid[]))
         as r (booking_id, on_day, institution_id)
    join attendances a using (institution_id, booking_id, on_day)
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
_ATTENDED = text(
    """
    select a.institution_id, a.learner_id, a.on_day, a.minutes, a.booking_id,
           b.session_id, b.opportunity_id, b.ended,
           s.session_id is not null as session_known, d.starts, d.ends, o.kind, o.mode,
           exists (select from feedback_learners f
                   where f.institution_id = a.institution_id and f.learner_id = a.learner_id
                     and f.session_id = b.session_id)
           or exists (select from feedback f
                      where f.session_id = b.session_id and f.provider_id = b.provider_id and f.all_present)
             as has_feedback,
           exists (select from reflections r
                   where r.institution_id = a.institution_id and r.learner_id = a.learner_id
                     and r.session_id = b.session_id) as has_reflection
    from unnest(cast(:institution_id as uuid[]), cast(:learner_id as uuid[]), cast(:on_day as date[]))
         as asked (institution_id, learner_id, on_day)
    join attendances a on a.institution_id = asked.institution_id and a.learner_id = asked.learner_id
      and (asked.on_day is null or a.on_day = asked.on_day)
    join bookings b on b.booking_id = a.booking_id
    left join sessions s on s.session_id = b.session_id
    left join session_days d on d.session_id = b.session_id and d.on_day = a.on_day
    left join opportunities o on o.opportunity_id = b.opportunity_id
    """
)
_CLAIMS = text(
    """
    select asked.institution_id, e.session_id, e.criterion, e.met, e.measure
    from unnest(cast(:institution_id as uuid[]), cast(:session_id as uuid[]))
         as asked (institution_id, session_id)
    join session_evidence e using (session_id)
    where e.by_provider or e.given_by = asked.institution_id
    """
)

Measures = Mapping[str, int]


class RegisterRepository:
    """Registers and attendances; two parties see them."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def begin(self, registers: Sequence[TakeRegister]) -> Sequence[TakeRegister]:
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

    async def write(self, registers: Sequence[TakeRegister]) -> Sequence[LearnerDay]:
        if not registers:
            return []
        by_day = {(register.booking.booking_id, register.on): register for register in registers}
        found: dict[tuple[UUID, date, UUID], dict[str, Any]] = {}
        for row in await self._db.execute(_IN_IT, _days_of(registers)):
            register = by_day[row.booking_id, row.on_day]
            found[row.booking_id, row.on_day, row.learner_id] = _attendance(register, row.learner_id, 0)
        for (booking_id, day), register in by_day.items():
            for entry in register.entries:
                attendance = _attendance(register, entry.learner_id, entry.minutes)
                found[booking_id, day, entry.learner_id] = attendance
        await bulk.upsert(self._db, table_of(AttendanceRow), list(found.values()))
        asked = {(each["institution_id"], each["learner_id"], each["on_day"]) for each in found.values()}
        return [LearnerDay(*each) for each in sorted(asked)]

    async def of_booking(self, institution_id: UUID, booking_id: UUID) -> Sequence[LearnerDay]:
        asked = {"institution_id": institution_id, "booking_id": booking_id}
        return [LearnerDay(*row) for row in await self._db.execute(_OF_BOOKING, asked)]

    async def attended(self, days: Sequence[LearnerDay]) -> Sequence[Attended]:
        asked = {
            "institution_id": [day.institution_id for day in days],
            "learner_id": [day.learner_id for day in days],
            "on_day": [day.on for day in days],
        }
        rows = (await self._db.execute(_ATTENDED, asked)).all()
        measures = await self._measures({(row.institution_id, row.session_id) for row in rows})
        return [_attended(row, measures.get((row.institution_id, row.session_id), {})) for row in rows]

    async def _measures(self, sessions: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], Measures]:
        """What shows M1-M5 of sessions, as their institutions may know it."""
        claims: dict[tuple[UUID, UUID], list[Claim]] = defaultdict(list)
        institutions, named = [each for each, _ in sessions], [each for _, each in sessions]
        asked = {"institution_id": institutions, "session_id": named}
        for row in await self._db.execute(_CLAIMS, asked):
            claims[row.institution_id, row.session_id].append(Claim(row.criterion, row.met, row.measure))
        return {each: combined(said) for each, said in claims.items()}

    async def days_present(self, session_id: UUID, learner_id: UUID) -> Sequence[date]:
        asked = {"session_id": session_id, "learner_id": learner_id}
        return (await self._db.scalars(_DAYS_PRESENT, asked)).all()

    async def present(self, session_id: UUID) -> Sequence[BookedIn]:
        rows = await self._db.execute(_PRESENT, {"session_id": session_id})
        return [BookedIn(row.booking_id, row.institution_id, tuple(row.learner_ids)) for row in rows]


def _days_of(registers: Sequence[TakeRegister]) -> dict[str, list[Any]]:
    return {
        "booking_id": [register.booking.booking_id for register in registers],
        "on_day": [register.on for register in registers],
        "institution_id": [register.booking.institution_id for register in registers],
    }


def _attendance(register: TakeRegister, learner_id: UUID, minutes: int) -> dict[str, Any]:
    booking = register.booking
    return {
        "institution_id": booking.institution_id,
        "learner_id": learner_id,
        "on_day": register.on,
        "booking_id": booking.booking_id,
        "session_id": booking.session_id,
        "provider_id": booking.provider_id,
        "minutes": minutes,
    }


def _attended(row: Any, measures: Measures) -> Attended:
    return Attended(
        row.learner_id,
        Occasion(row.booking_id, row.session_id, row.opportunity_id, row.on_day),
        Evidence(
            on=row.on_day,
            attended_minutes=row.minutes,
            year_group=None,
            booking_ended=row.ended,
            session_known=row.session_known,
            starts=row.starts,
            ends=row.ends,
            kind=row.kind,
            mode=row.mode,
            measures={**measures, "M6": int(row.has_feedback), "M7": int(row.has_reflection)},
        ),
    )
