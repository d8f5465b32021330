"""Aggregates kept; what happened to them goes to the outbox with them."""

from collections.abc import Set as AbstractSet
from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from opportunities.adapters import publishing
from opportunities.adapters.loading import day_as_json, load_opportunities
from opportunities.adapters.tables import OpportunityRow, SessionRow
from opportunities.areas.domain import Areas
from opportunities.domain.opportunities import Opportunity
from opportunities.domain.sessions import SessionUnknown
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

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

    async def save(self, opportunity: Opportunity) -> None:
        changes = opportunity.take_events()
        row = await self._row(opportunity)
        await save_row(self._transaction.db, row, changes=len(changes))
        if opportunity.sessions:
            statement = insert(SessionRow)
            state = statement.excluded.state
            await self._transaction.db.execute(
                statement.on_conflict_do_update(
                    index_elements=["session_id"],
                    set_={"state": state},
                    where=col(SessionRow.state) != state,
                ),
                _session_values(opportunity),
            )
        publishing.say(self._transaction, changes)

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
            area_code=self._area(listed.local_authority_code, listed.area_code),
            easting=listed.easting,
            northing=listed.northing,
            state=opportunity.state,
            published_at=opportunity.published_at,
            reason_code=opportunity.reason_code,
            decided=_lists(asdict(decided)) if decided else None,
            version=opportunity.version,
            **_lists(offer),
        )

    def _area(self, site_district: str | None, provider_area: str | None) -> str | None:
        """The site tells the area; what has no site is of its provider's."""
        if site_district is None:
            return provider_area
        area = self._areas.of_district(site_district)
        return area.code if area else None


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
            "days": [day_as_json(day) for day in session.days],
            "first_day": session.first_day,
            "last_day": session.last_day,
            "supervisor_ids": list(session.supervisor_ids),
        }
        for session in opportunity.sessions
    ]
