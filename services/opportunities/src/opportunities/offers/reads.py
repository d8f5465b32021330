"""Answers about opportunities and sessions, read under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col

from opportunities.offers.domain.opportunity import Opportunity
from opportunities.offers.domain.session import Session, SessionUnknown
from opportunities.offers.repository import load_opportunities
from opportunities.offers.tables import OpportunityRow
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

_OPPORTUNITY_OF = text("select opportunity_id from sessions where session_id = :session_id")


class OfferReads:
    """Opportunities and sessions as their readers see them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def published(self, opportunity_id: UUID) -> Opportunity:
        async with reading(self._database) as db:
            found = await load_opportunities(
                db,
                col(OpportunityRow.opportunity_id) == opportunity_id,
                col(OpportunityRow.state) == "published",
            )
        if not found:
            raise NotFound("There is no such published opportunity")
        return found[0]

    async def published_session(self, session_id: UUID) -> tuple[Opportunity, Session]:
        async with reading(self._database) as db:
            opportunity_id = await db.scalar(_OPPORTUNITY_OF, {"session_id": session_id})
        if opportunity_id is None:
            raise SessionUnknown
        opportunity = await self.published(opportunity_id)
        found = opportunity.session(session_id)
        if found.state == "planned":
            raise SessionUnknown
        return opportunity, found

    async def offered_by(
        self, provider_id: UUID, state: str | None, after: UUID | None, limit: int
    ) -> Sequence[Opportunity]:
        conditions = [col(OpportunityRow.provider_id) == provider_id]
        if state is not None:
            conditions.append(col(OpportunityRow.state) == state)
        if after is not None:
            conditions.append(col(OpportunityRow.opportunity_id) > after)
        async with reading(self._database, [provider_id]) as db:
            return await load_opportunities(db, *conditions, limit=limit)

    async def offered(self, provider_id: UUID, opportunity_id: UUID) -> Opportunity:
        async with reading(self._database, [provider_id]) as db:
            found = await load_opportunities(
                db,
                col(OpportunityRow.provider_id) == provider_id,
                col(OpportunityRow.opportunity_id) == opportunity_id,
            )
        if not found:
            raise NotFound("There is no such opportunity, or it is not yours")
        return found[0]
