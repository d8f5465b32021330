"""What is published of opportunities and sessions: domain event to contract."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import singledispatch
from uuid import UUID

from opportunities.offers.domain import events
from shared.bus.transaction import Transaction
from shared.contracts import opportunities as contracts
from shared.contracts.contract import Contract

PublicEvent = (
    events.OpportunityPublished
    | events.OpportunitySuspended
    | events.OpportunityReinstated
    | events.OpportunityWithdrawn
    | events.SessionScheduled
    | events.SessionCancelled
)


def publish(transaction: Transaction, changes: Sequence[tuple[int, object]]) -> None:
    """Publish what happened to an opportunity, each change with the version after it; of a draft nothing."""
    for sequence, event in changes:
        if not isinstance(event, events.OpportunityChanged):
            transaction.publish(contract_of(event), sequence=sequence)


@singledispatch
def contract_of(event: object) -> Contract:
    """The contract a domain event is published under."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: events.OpportunityPublished) -> Contract:
    # The contract takes from the offer what it names; titles and other words stay here.
    return contracts.OpportunityPublished.model_validate(_ids(event) | asdict(event.offer))


@contract_of.register
def _(event: events.OpportunitySuspended) -> Contract:
    return contracts.OpportunitySuspended(**_ids(event), reason_code=event.reason_code)


@contract_of.register
def _(event: events.OpportunityReinstated) -> Contract:
    return contracts.OpportunityReinstated(**_ids(event))


@contract_of.register
def _(event: events.OpportunityWithdrawn) -> Contract:
    return contracts.OpportunityWithdrawn(**_ids(event), reason_code=event.reason_code)


@contract_of.register
def _(event: events.SessionScheduled) -> Contract:
    session = event.session
    return contracts.SessionScheduled.model_validate(
        {
            **_ids(event),
            "session_id": session.id,
            "site_id": event.site_id,
            "places": session.places,
            "days": [asdict(day) for day in session.days],
            "supervisor_ids": session.supervisor_ids,
        }
    )


@contract_of.register
def _(event: events.SessionCancelled) -> Contract:
    return contracts.SessionCancelled(
        **_ids(event), session_id=event.session_id, reason_code=event.reason_code
    )


def _ids(event: PublicEvent) -> dict[str, UUID]:
    return {"opportunity_id": event.opportunity_id, "provider_id": event.provider_id}
