"""Opportunities and sessions that others heard of and a restored database may not know, or not the end of."""

from typing import Any
from uuid import UUID

from sqlalchemy import text

from opportunities.areas.domain import Areas
from opportunities.offers.repository import OpportunityRepository
from shared.bus.transaction import Transaction
from shared.contracts import opportunities as contracts
from shared.contracts.envelope import Event
from shared.kernel import Refusal
from shared.messaging.policy import for_tenants
from shared.messaging.restoring import LOST, OwnEvent

_OPPORTUNITY = text("select state, version from opportunities where opportunity_id = :opportunity_id")
_SESSION = text("select exists (select from sessions where session_id = :session_id)")


async def withdraw_unless_known(
    event: Event[contracts.OpportunityPublished], transaction: Transaction
) -> None:
    """What is not published here is published nowhere: its provider publishes it again."""
    said = event.data
    found = await _opportunity(said.opportunity_id, transaction)
    if found is not None and found.state != "draft":
        return
    withdrawn = contracts.OpportunityWithdrawn(
        opportunity_id=said.opportunity_id, provider_id=said.provider_id, reason_code=LOST
    )
    # A draft that is published again is then newer than this.
    transaction.publish(withdrawn, sequence=found.version if found else event.sequence)
    if found is None:
        await transaction.note_lost(said, said.opportunity_id)


async def cancel_unless_known(event: Event[contracts.SessionScheduled], transaction: Transaction) -> None:
    """A session that is gone does not take place."""
    said = event.data
    if await transaction.db.scalar(_SESSION, {"session_id": said.session_id}):
        return
    found = await _opportunity(said.opportunity_id, transaction)
    cancelled = contracts.SessionCancelled(
        session_id=said.session_id,
        opportunity_id=said.opportunity_id,
        provider_id=said.provider_id,
        reason_code=LOST,
    )
    transaction.publish(cancelled, sequence=found.version if found else event.sequence)
    await transaction.note_lost(said, said.session_id)


def own_events(areas: Areas) -> list[OwnEvent]:
    """What is settled; a change that is made again looks up where the provider is."""

    async def cancel_as_told(event: Event[contracts.SessionCancelled], transaction: Transaction) -> None:
        """A session that others heard the end of does not take place."""
        said, opportunities = event.data, OpportunityRepository(transaction, areas)
        try:
            opportunity = await opportunities.with_session(said.session_id, _tenants(said))
            opportunity.cancel_session(said.session_id, said.reason_code)
        except Refusal:
            return  # it is gone, or cancelled
        await opportunities.save(opportunity)

    async def withdraw_as_told(
        event: Event[contracts.OpportunityWithdrawn], transaction: Transaction
    ) -> None:
        """An opportunity that others heard the end of stays withdrawn."""
        said, opportunities = event.data, OpportunityRepository(transaction, areas)
        try:
            opportunity = await opportunities.get(said.opportunity_id, _tenants(said))
            opportunity.withdraw(said.reason_code)
        except Refusal:
            return  # it is gone, or withdrawn
        await opportunities.save(opportunity)

    return [
        OwnEvent(contracts.OpportunityPublished, withdraw_unless_known, _tenants),
        OwnEvent(contracts.SessionScheduled, cancel_unless_known, _tenants),
        OwnEvent(contracts.SessionCancelled, cancel_as_told, _tenants),
        OwnEvent(contracts.OpportunityWithdrawn, withdraw_as_told, _tenants),
    ]


async def _opportunity(opportunity_id: UUID, transaction: Transaction) -> Any:
    return (await transaction.db.execute(_OPPORTUNITY, {"opportunity_id": opportunity_id})).one_or_none()


def _tenants(said: Any) -> frozenset[UUID]:
    return for_tenants(said.provider_id)
