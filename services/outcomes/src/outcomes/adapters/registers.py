"""Registers: who was where for how long, and all that is known about it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from outcomes.adapters.tables import AttendanceRow, BookingRow, RegisterRow, table_of
from outcomes.application.commands import Place, RegisterEntry
from outcomes.application.ports import Attended, BookedIn
from outcomes.domain.counting import Evidence
from outcomes.domain.ledger import Occasion
from outcomes.domain.meaning import Claim, combined
from shared.persistence.transaction import Transaction

_NO_LONGER_IN_IT = text(
    """
    update attendances set minutes = 0
    where institution_id = :institution_id and booking_id = :booking_id and on_day = :on
      and learner_id <> all (cast(:learner_ids as uuid[]))
    returning learner_id
    """
)
_OF_BOOKING = text(
    """
    select learner_id, on_day from attendances
    where institution_id = :institution_id and booking_id = :booking_id order by 1, 2
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
    select a.learner_id, a.on_day, a.minutes, a.booking_id, b.session_id, b.opportunity_id, b.ended,
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
    from attendances a
    join bookings b on b.booking_id = a.booking_id
    left join sessions s on s.session_id = b.session_id
    left join session_days d on d.session_id = b.session_id and d.on_day = a.on_day
    left join opportunities o on o.opportunity_id = b.opportunity_id
    where a.institution_id = :institution_id and a.learner_id = any (:learner_ids)
      and (cast(:days as date[]) is null or a.on_day = any (cast(:days as date[])))
    """
)
_CLAIMS = text(
    """
    select session_id, criterion, met, measure from session_evidence
    where session_id = any (:session_ids) and (by_provider or given_by = :institution_id)
    """
)


class RegisterRepository:
    """Registers and attendances; two parties see them."""

    def __init__(self, transaction: Transaction) -> None:
        self._session = transaction.session

    async def begin(self, place: Place, on: date, sequence: int) -> bool:
        booking = {name: getattr(place, name) for name in ("booking_id", "session_id", "opportunity_id")}
        parties = {"institution_id": place.institution_id, "provider_id": place.provider_id}
        # A register may overtake the news of its booking: the booking is known by it, and no more.
        stub = {**booking, **parties, "learner_ids": [], "ended": False, "sequence": 0}
        await self._session.execute(insert(table_of(BookingRow)).values(stub).on_conflict_do_nothing())
        table = table_of(RegisterRow)
        values = {"booking_id": place.booking_id, "on_day": on, **parties, "sequence": sequence}
        statement = (
            insert(table)
            .values(values)
            .on_conflict_do_update(
                index_elements=["booking_id", "on_day"],
                set_={"sequence": sequence},
                where=table.c.sequence < sequence,
            )
            .returning(table.c.booking_id)
        )
        return (await self._session.execute(statement)).first() is not None

    async def write(self, place: Place, on: date, entries: Sequence[RegisterEntry]) -> Sequence[UUID]:
        named = [entry.learner_id for entry in entries]
        gone = await self._session.scalars(
            _NO_LONGER_IN_IT,
            {
                "institution_id": place.institution_id,
                "booking_id": place.booking_id,
                "on": on,
                "learner_ids": named,
            },
        )
        learners = sorted({*named, *gone})
        if entries:
            statement = insert(table_of(AttendanceRow))
            await self._session.execute(
                statement.on_conflict_do_update(
                    index_elements=["institution_id", "learner_id", "on_day", "booking_id"],
                    set_={"minutes": statement.excluded.minutes},
                ),
                [_attendance(place, on, entry) for entry in entries],
            )
        return learners

    async def of_booking(self, institution_id: UUID, booking_id: UUID) -> Mapping[UUID, Sequence[date]]:
        days: dict[UUID, list[date]] = defaultdict(list)
        asked = {"institution_id": institution_id, "booking_id": booking_id}
        for row in await self._session.execute(_OF_BOOKING, asked):
            days[row.learner_id].append(row.on_day)
        return days

    async def attended(
        self, institution_id: UUID, learner_ids: Sequence[UUID], days: Sequence[date] | None
    ) -> Sequence[Attended]:
        of = {"institution_id": institution_id, "learner_ids": list(learner_ids)}
        asked = {**of, "days": None if days is None else list(days)}
        rows = (await self._session.execute(_ATTENDED, asked)).all()
        claims: dict[UUID, list[Claim]] = defaultdict(list)
        sessions = sorted({row.session_id for row in rows})
        found = await self._session.execute(
            _CLAIMS, {"session_ids": sessions, "institution_id": institution_id}
        )
        for claim in found:
            claims[claim.session_id].append(Claim(claim.criterion, claim.met, claim.measure))
        measures = {session_id: combined(each) for session_id, each in claims.items()}
        return [_attended(row, measures.get(row.session_id, {})) for row in rows]

    async def days_present(self, session_id: UUID, learner_id: UUID) -> Sequence[date]:
        asked = {"session_id": session_id, "learner_id": learner_id}
        return (await self._session.scalars(_DAYS_PRESENT, asked)).all()

    async def present(self, session_id: UUID) -> Sequence[BookedIn]:
        rows = await self._session.execute(_PRESENT, {"session_id": session_id})
        return [BookedIn(row.booking_id, row.institution_id, tuple(row.learner_ids)) for row in rows]


def _attendance(place: Place, on: date, entry: RegisterEntry) -> dict[str, Any]:
    return {
        "institution_id": place.institution_id,
        "learner_id": entry.learner_id,
        "on_day": on,
        "booking_id": place.booking_id,
        "session_id": place.session_id,
        "provider_id": place.provider_id,
        "minutes": entry.minutes,
    }


def _attended(row: Any, measures: Mapping[str, int]) -> Attended:
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
