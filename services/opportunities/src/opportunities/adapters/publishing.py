"""Domain event to contract: what the register tells others."""

from collections.abc import Sequence
from dataclasses import asdict
from functools import singledispatch
from uuid import UUID

from opportunities.domain import opportunities as domain
from opportunities.domain.opportunities import Opportunity
from shared.bus.transaction import Transaction
from shared.contracts import opportunities as contracts
from shared.contracts.contract import Contract


def say(transaction: Transaction, changes: Sequence[tuple[int, object]]) -> None:
    """Publish what happened to an aggregate, each with its version; a draft's changes are its own."""
    for sequence, event in changes:
        if not isinstance(event, domain.OpportunityChanged):
            transaction.publish(contract_of(event), sequence=sequence)


@singledispatch
def contract_of(event: object) -> Contract:
    """The contract a domain event is published under."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: domain.OpportunityPublished) -> Contract:
    # The contract takes from the offer what it names; titles and other words stay here.
    return contracts.OpportunityPublished.model_validate(
        _named(event.opportunity) | asdict(event.opportunity.offer)
    )


@contract_of.register
def _(event: domain.OpportunitySuspended) -> Contract:
    return contracts.OpportunitySuspended(**_named(event.opportunity), reason_code=event.reason_code)


@contract_of.register
def _(event: domain.OpportunityReinstated) -> Contract:
    return contracts.OpportunityReinstated(**_named(event.opportunity))


@contract_of.register
def _(event: domain.OpportunityWithdrawn) -> Contract:
    return contracts.OpportunityWithdrawn(**_named(event.opportunity), reason_code=event.reason_code)


@contract_of.register
def _(event: domain.SessionScheduled) -> Contract:
    session = event.session
    return contracts.SessionScheduled.model_validate(
        {
            **_named(event.opportunity),
            "session_id": session.id,
            "site_id": event.opportunity.offer.site_id,
            "places": session.places,
            "days": [asdict(day) for day in session.days],
            "supervisor_ids": session.supervisor_ids,
        }
    )


@contract_of.register
def _(event: domain.SessionCancelled) -> Contract:
    return contracts.SessionCancelled(
        **_named(event.opportunity), session_id=event.session.id, reason_code=event.reason_code
    )


def _named(opportunity: Opportunity) -> dict[str, UUID]:
    return {"opportunity_id": opportunity.id, "provider_id": opportunity.provider_id}
