"""Rows to aggregates, for repositories and reads alike."""

from collections.abc import Sequence
from datetime import date, time
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from opportunities.adapters.tables import (
    PLACES_TAKEN,
    OpportunityRow,
    SessionRow,
)
from opportunities.domain.offers import Offer
from opportunities.domain.opportunities import Decided, Opportunity, OpportunityState
from opportunities.domain.sessions import Day, Session, SessionState

Condition = ColumnElement[bool]


async def load_opportunities(
    session: AsyncSession, *conditions: Condition, limit: int | None = None
) -> list[Opportunity]:
    """Opportunities with all their sessions, in order of their making."""
    ordered = select(OpportunityRow).where(*conditions).order_by(col(OpportunityRow.opportunity_id))
    rows = (await session.scalars(ordered.limit(limit))).all()
    of_them = col(SessionRow.opportunity_id).in_([row.opportunity_id for row in rows])
    found = await session.execute(
        select(SessionRow, PLACES_TAKEN.c.taken)
        .outerjoin(PLACES_TAKEN, PLACES_TAKEN.c.session_id == col(SessionRow.session_id))
        .where(of_them)
        .order_by(col(SessionRow.first_day), col(SessionRow.session_id))
    )
    sessions: dict[UUID, list[Session]] = {}
    for each in found:
        sessions.setdefault(each[0].opportunity_id, []).append(_db(each[0], each[1]))
    return [_opportunity(row, sessions.get(row.opportunity_id, [])) for row in rows]


def _db(row: SessionRow, taken: int | None) -> Session:
    return Session(
        id=row.session_id,
        places=row.places,
        days=tuple(_day(day) for day in row.days),
        supervisor_ids=tuple(row.supervisor_ids),
        state=cast("SessionState", row.state),
        taken=taken or 0,
    )


def _day(day: dict[str, Any]) -> Day:
    starts, ends = time.fromisoformat(day["starts"]), time.fromisoformat(day["ends"])
    return Day(date.fromisoformat(day["on"]), starts, ends, day["overnight"])


def day_as_json(day: Day) -> dict[str, Any]:
    """A session's day as its row keeps it."""
    return {
        "on": day.on.isoformat(),
        "starts": day.starts.isoformat(),
        "ends": day.ends.isoformat(),
        "overnight": day.overnight,
    }


def _decided(kept: dict[str, Any]) -> Decided:
    return Decided(kept["rule_pack"], kept["version"], tuple(kept["reason_codes"]), kept["inputs"])


def _opportunity(row: OpportunityRow, sessions: Sequence[Session]) -> Opportunity:
    return Opportunity(
        row.opportunity_id,
        row.provider_id,
        Offer(
            title=row.title,
            summary=row.summary,
            purpose=row.purpose,
            kind=row.kind,
            format=row.format,
            mode=row.mode,
            tier=row.tier,
            activity_band=row.activity_band,
            sector=row.sector,
            year_groups=tuple(row.year_groups),
            objective_codes=tuple(row.objective_codes),
            planned_criteria=tuple(row.planned_criteria),
            task_brief=row.task_brief,
            accompanied=row.accompanied,
            site_id=row.site_id,
        ),
        cast("OpportunityState", row.state),
        list(sessions),
        row.published_at,
        row.reason_code,
        _decided(row.decided) if row.decided else None,
        version=row.version,
    )
