"""Loads and saves opportunities with their sessions."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict
from datetime import date, time
from typing import Any, cast
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from opportunities.areas.domain import Areas
from opportunities.copies.domain import ProviderStanding
from opportunities.offers import publishing
from opportunities.offers.domain import events
from opportunities.offers.domain.listing import area_of_listing
from opportunities.offers.domain.offer import Offer
from opportunities.offers.domain.opportunity import Decided, Opportunity, OpportunityState
from opportunities.offers.domain.session import Day, Session, SessionState, SessionUnknown
from opportunities.offers.tables import PLACES_TAKEN, OpportunityRow, SessionRow
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

Condition = ColumnElement[bool]
# Of a session that is there only its state can have changed.
_SAVE_SESSIONS = text(
    """
    insert into sessions (session_id, opportunity_id, provider_id, state, places, days,
                          first_day, last_day, supervisor_ids)
    select session_id, opportunity_id, provider_id, state, places, days, first_day, last_day, supervisor_ids
    from jsonb_to_recordset(cast(:sessions as jsonb)) as given (
      session_id uuid, opportunity_id uuid, provider_id uuid, state text, places integer, days jsonb,
      first_day date, last_day date, supervisor_ids uuid[])
    on conflict (session_id) do update set state = excluded.state
    where sessions.state <> excluded.state
    """
)
_OPPORTUNITY_OF = text("select opportunity_id from sessions where session_id = :session_id")
_LISTED_AS = text(
    """
    select o.name, o.area_code, s.local_authority_code, s.easting, s.northing
    from organisations o left join sites s on s.site_id = :site_id and s.organisation_id = o.organisation_id
    where o.organisation_id = :provider_id
    """
)
_COPY_PROVIDER_NAME = text(
    """
    update opportunities set provider_name = o.name from organisations o
    where opportunities.provider_id = :provider_id and o.organisation_id = :provider_id
      and provider_name <> o.name
    """
)

# All a provider offers at once: one by one, two thousand offers would stay listed for half a minute.
_UNLIST = text(
    """
    update opportunities set state = 'suspended', reason_code = :reason_code, version = version + 1
    where provider_id = :provider_id and state = 'published'
      and (cast(:site_id as uuid) is null or site_id = cast(:site_id as uuid))
    returning opportunity_id, version
    """
)
_RELIST = text(
    """
    update opportunities o set state = 'published', reason_code = null, version = version + 1
    where provider_id = :provider_id and state = 'suspended'
      and (cast(:site_id as uuid) is null or site_id = cast(:site_id as uuid))
      and not exists (
        select from provider_suspensions h
        where h.provider_id = o.provider_id and h.scope_id in (o.provider_id, o.site_id) and h.suspended)
      and (o.mode <> all (cast(:assured_modes as text[])) or (o.site_id, o.activity_band) in (
        select * from unnest(cast(:sites as uuid[]), cast(:bands as text[]))))
    returning opportunity_id, version
    """
)


class OpportunityRepository:
    """Opportunities with their sessions."""

    def __init__(self, transaction: Transaction, areas: Areas) -> None:
        self._transaction = transaction
        self._areas = areas

    async def get(self, opportunity_id: UUID, acting_for: AbstractSet[UUID]) -> Opportunity:
        of_id = col(OpportunityRow.opportunity_id) == opportunity_id
        found = next(iter(await load_opportunities(self._transaction.db, of_id)), None)
        if found is None or found.provider_id not in acting_for:
            raise NotFound("There is no such opportunity, or it is not yours")
        return found

    async def with_session(self, session_id: UUID, acting_for: AbstractSet[UUID]) -> Opportunity:
        opportunity_id = await self._transaction.db.scalar(_OPPORTUNITY_OF, {"session_id": session_id})
        if opportunity_id is None:
            raise SessionUnknown
        return await self.get(opportunity_id, acting_for)

    async def listed_at(self, provider_id: UUID, site_id: UUID, activity_band: str) -> list[Opportunity]:
        return await load_opportunities(
            self._transaction.db,
            col(OpportunityRow.provider_id) == provider_id,
            col(OpportunityRow.site_id) == site_id,
            col(OpportunityRow.activity_band) == activity_band,
            col(OpportunityRow.state).in_(("published", "suspended")),
        )

    async def unlist(self, standing: ProviderStanding, reason_code: str) -> None:
        provider_id = standing.provider_id
        values = {"provider_id": provider_id, "site_id": standing.site_id, "reason_code": reason_code}
        rows = await self._transaction.db.execute(_UNLIST, values)
        publishing.publish(
            self._transaction,
            [
                (row.version, events.OpportunitySuspended(row.opportunity_id, provider_id, reason_code))
                for row in rows
            ],
        )

    async def relist(
        self,
        standing: ProviderStanding,
        assured_modes: Collection[str],
        assured: Sequence[tuple[UUID, str]],
    ) -> None:
        provider_id = standing.provider_id
        values = {
            "provider_id": provider_id,
            "site_id": standing.site_id,
            "assured_modes": sorted(assured_modes),
            "sites": [site_id for site_id, _ in assured],
            "bands": [band for _, band in assured],
        }
        rows = await self._transaction.db.execute(_RELIST, values)
        publishing.publish(
            self._transaction,
            [(row.version, events.OpportunityReinstated(row.opportunity_id, provider_id)) for row in rows],
        )

    async def save(self, opportunity: Opportunity) -> None:
        changes = opportunity.take_events()
        row = await self._row(opportunity)
        await save_row(self._transaction.db, row, changes=len(changes))
        if opportunity.sessions:
            sessions = to_json(_session_values(opportunity)).decode()
            await self._transaction.db.execute(_SAVE_SESSIONS, {"sessions": sessions})
        publishing.publish(self._transaction, changes)

    async def copy_provider_name(self, provider_id: UUID) -> None:
        await self._transaction.db.execute(_COPY_PROVIDER_NAME, {"provider_id": provider_id})

    async def _row(self, opportunity: Opportunity) -> OpportunityRow:
        of_provider = {"provider_id": opportunity.provider_id, "site_id": opportunity.offer.site_id}
        listed = (await self._transaction.db.execute(_LISTED_AS, of_provider)).one()
        decided = opportunity.decided
        offer: dict[str, Any] = asdict(opportunity.offer)
        return OpportunityRow(
            opportunity_id=opportunity.id,
            provider_id=opportunity.provider_id,
            provider_name=listed.name,
            area_code=area_of_listing(self._areas, listed.local_authority_code, listed.area_code),
            easting=listed.easting,
            northing=listed.northing,
            state=opportunity.state,
            published_at=opportunity.published_at,
            reason_code=opportunity.reason_code,
            decided=_lists(asdict(decided)) if decided else None,
            version=opportunity.version,
            **_lists(offer),
        )


async def load_opportunities(
    db: AsyncSession, *conditions: Condition, limit: int | None = None
) -> list[Opportunity]:
    """Opportunities with all their sessions, oldest first."""
    ordered = select(OpportunityRow).where(*conditions).order_by(col(OpportunityRow.opportunity_id))
    rows = (await db.scalars(ordered.limit(limit))).all()
    of_them = col(SessionRow.opportunity_id).in_([row.opportunity_id for row in rows])
    found = await db.execute(
        select(SessionRow, PLACES_TAKEN.c.taken)
        .outerjoin(PLACES_TAKEN, PLACES_TAKEN.c.session_id == col(SessionRow.session_id))
        .where(of_them)
        .order_by(col(SessionRow.first_day), col(SessionRow.session_id))
    )
    sessions: dict[UUID, list[Session]] = {}
    for each in found:
        sessions.setdefault(each[0].opportunity_id, []).append(_session(each[0], each[1]))
    return [_opportunity(row, sessions.get(row.opportunity_id, [])) for row in rows]


def _session(row: SessionRow, taken: int | None) -> Session:
    return Session(
        id=row.session_id,
        places=row.places,
        days=tuple(day_of(day) for day in row.days),
        supervisor_ids=tuple(row.supervisor_ids),
        state=cast("SessionState", row.state),
        taken=taken or 0,
    )


def day_of(day: dict[str, Any]) -> Day:
    """A session's day from its row."""
    starts, ends = time.fromisoformat(day["starts"]), time.fromisoformat(day["ends"])
    return Day(date.fromisoformat(day["on"]), starts, ends, day["overnight"])


def _day_as_json(day: Day) -> dict[str, Any]:
    """A session's day as it stands in its row."""
    return {
        "on": day.on.isoformat(),
        "starts": day.starts.isoformat(),
        "ends": day.ends.isoformat(),
        "overnight": day.overnight,
    }


def decided_of(row: dict[str, Any]) -> Decided:
    """What publishing was decided upon, from the opportunity's row."""
    return Decided(row["rule_pack"], row["version"], tuple(row["reason_codes"]), row["inputs"])


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
        decided_of(row.decided) if row.decided else None,
        version=row.version,
    )


def _lists(values: dict[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _session_values(opportunity: Opportunity) -> list[dict[str, object]]:
    return [
        {
            "session_id": session.id,
            "opportunity_id": opportunity.id,
            "provider_id": opportunity.provider_id,
            "state": session.state,
            "places": session.places,
            "days": [_day_as_json(day) for day in session.days],
            "first_day": session.first_day,
            "last_day": session.last_day,
            "supervisor_ids": list(session.supervisor_ids),
        }
        for session in opportunity.sessions
    ]
