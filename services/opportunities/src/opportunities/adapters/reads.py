"""Answers to queries, read under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col

from opportunities.adapters.loading import (
    load_opportunities,
)
from opportunities.adapters.search import find
from opportunities.adapters.tables import OpportunityRow
from opportunities.application.queries import Following, Listing, Search
from opportunities.domain.opportunities import Opportunity
from opportunities.domain.sessions import Session, SessionUnknown
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

_OPPORTUNITY_OF = text("select opportunity_id from sessions where session_id = :session_id")


class RegisterReads:
    """The register as its readers see it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def published(self, opportunity_id: UUID) -> Opportunity:
        async with reading(self._database) as session:
            found = await load_opportunities(
                session,
                col(OpportunityRow.opportunity_id) == opportunity_id,
                col(OpportunityRow.state) == "published",
            )
        if not found:
            raise NotFound("There is no such published opportunity")
        return found[0]

    async def published_session(self, session_id: UUID) -> tuple[Opportunity, Session]:
        async with reading(self._database) as session:
            opportunity_id = await session.scalar(_OPPORTUNITY_OF, {"session_id": session_id})
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
        async with reading(self._database, [provider_id]) as session:
            return await load_opportunities(session, *conditions, limit=limit)

    async def offered(self, provider_id: UUID, opportunity_id: UUID) -> Opportunity:
        async with reading(self._database, [provider_id]) as session:
            found = await load_opportunities(
                session,
                col(OpportunityRow.provider_id) == provider_id,
                col(OpportunityRow.opportunity_id) == opportunity_id,
            )
        if not found:
            raise NotFound("There is no such opportunity, or it is not yours")
        return found[0]

    async def search(self, search: Search, following: Following | None, limit: int) -> Sequence[Listing]:
        async with reading(self._database) as session:
            return await find(session, search, following, limit)
