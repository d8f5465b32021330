"""What was attended, with what is known about it: the booking, the session, and what is shown of M1-M7."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outcomes.evidence.domain import Claim, combined
from outcomes.ledger.domain.account import Attended, Occasion
from outcomes.ledger.domain.counting import Evidence
from outcomes.registers.domain import LearnerDay
from shared.bus.transaction import Transaction

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


class AttendedDaysRepository:
    """The attended days as one transaction sees them."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def of(self, days: Sequence[LearnerDay]) -> Sequence[Attended]:
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
        asked = {
            "institution_id": [institution_id for institution_id, _ in sessions],
            "session_id": [session_id for _, session_id in sessions],
        }
        for row in await self._db.execute(_CLAIMS, asked):
            claims[row.institution_id, row.session_id].append(Claim(row.criterion, row.met, row.measure))
        return {session: combined(claimed) for session, claimed in claims.items()}


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
