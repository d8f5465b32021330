"""Opportunities with their sessions told again as they stand."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from opportunities.offers.domain import events
from opportunities.offers.domain.opportunity import Opportunity
from opportunities.offers.publishing import contract_of
from opportunities.offers.repository import load_opportunities
from opportunities.offers.tables import OpportunityRow
from shared.bus.outbox import BEFORE_ALL
from shared.contracts.contract import Contract
from shared.contracts.opportunities import EVENTS
from shared.messaging.announcing import Announcement, Page, Said

_TENANTS = text("select distinct provider_id from opportunities")
_LOCK = text(
    """
    select opportunity_id from opportunities o
    where provider_id = any (cast(:tenants as uuid[])) and published_at is not null
      and (cast(:after as uuid) is null or opportunity_id > :after)
      and (cast(:since as date) is null or exists (
        select from sessions s where s.opportunity_id = o.opportunity_id and s.last_day >= :since))
    order by opportunity_id limit :limit for share
    """
)


async def _opportunities(db: AsyncSession, page: Page) -> Sequence[Said]:
    ids = [row.opportunity_id for row in await db.execute(_LOCK, page.values())]
    found = await load_opportunities(db, col(OpportunityRow.opportunity_id).in_(ids))
    return [Said(each.id, list(_events(each, page.since))) for each in found]


def _events(opportunity: Opportunity, since: date | None) -> Iterator[tuple[Contract, int]]:
    ids, present = (opportunity.id, opportunity.provider_id), opportunity.version
    # Told as published only to who knows nothing of one that has left the listing since.
    published = present if opportunity.state == "published" else BEFORE_ALL
    yield contract_of(events.OpportunityPublished(*ids, opportunity.offer)), published
    for session in opportunity.sessions:
        if session.state == "planned" or (since and session.last_day < since):
            continue
        yield contract_of(events.SessionScheduled(*ids, opportunity.offer.site_id, session)), present
        if session.state == "cancelled":
            yield contract_of(events.SessionCancelled(*ids, session.id, "session-cancelled")), present
    reason_code = opportunity.reason_code or opportunity.state
    if opportunity.state == "suspended":
        yield contract_of(events.OpportunitySuspended(*ids, reason_code)), present
    elif opportunity.state == "withdrawn":
        yield contract_of(events.OpportunityWithdrawn(*ids, reason_code)), present


ANNOUNCED = Announcement("opportunities", EVENTS, _TENANTS, _opportunities)
