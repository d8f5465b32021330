"""Rows to bookings: the one way a booking is read, to be changed or to be shown."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.eligibility import BookedLearner, Decision
from bookings.reservations.domain.lifecycle import State

_SELECT = """
select b.booking_id, b.session_id, b.opportunity_id, b.institution_id, b.provider_id, b.cohort_id, b.state,
       b.first_day, b.last_day, b.begins_at, b.asked_at, b.held_until, b.referred, b.reason_codes,
       b.conditions, b.clearance_sequence, b.decision, b.version,
       array(select l.learner_id from booking_learners l
             where l.booking_id = b.booking_id and not l.departed order by l.learner_id) as learner_ids,
       array(select l.under_16_on_every_day from booking_learners l
             where l.booking_id = b.booking_id and not l.departed order by l.learner_id) as under_16,
       array(select l.of_compulsory_school_age from booking_learners l
             where l.booking_id = b.booking_id and not l.departed order by l.learner_id) as compulsory,
       array(select l.under_16_days from booking_learners l
             where l.booking_id = b.booking_id and not l.departed order by l.learner_id) as under_16_days,
       array(select l.in_last_two_compulsory_years from booking_learners l
             where l.booking_id = b.booking_id and not l.departed order by l.learner_id) as last_two_years,
       array(select l.needs_review from booking_learners l
             where l.booking_id = b.booking_id and not l.departed order by l.learner_id) as needs_review
from bookings b
"""


async def load(db: AsyncSession, clauses: str, **values: Any) -> list[Booking]:
    """The bookings (`b`) that the clauses after FROM choose, in their order."""
    rows = await db.execute(text(_SELECT + clauses), values)
    return [_booking(row) for row in rows]


def _booking(row: Any) -> Booking:
    learners = zip(
        row.learner_ids,
        row.under_16,
        row.compulsory,
        row.under_16_days,
        row.last_two_years,
        row.needs_review,
        strict=True,
    )
    return Booking(
        id=row.booking_id,
        session_id=row.session_id,
        opportunity_id=row.opportunity_id,
        institution_id=row.institution_id,
        provider_id=row.provider_id,
        state=State(row.state),
        learners=tuple(BookedLearner(*facts) for facts in learners),
        first_day=row.first_day,
        last_day=row.last_day,
        begins_at=row.begins_at,
        asked_at=row.asked_at,
        decision=decision_of(row.decision),
        cohort_id=row.cohort_id,
        held_until=row.held_until,
        referred=row.referred,
        reason_codes=tuple(row.reason_codes),
        conditions=tuple(row.conditions),
        clearance_sequence=row.clearance_sequence,
        version=row.version,
    )


def decision_of(kept: dict[str, Any]) -> Decision:
    """The decision that was kept with a booking."""
    return Decision(kept["rule_pack"], kept["version"], tuple(kept["reason_codes"]), kept["inputs"])
