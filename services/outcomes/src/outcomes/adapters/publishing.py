"""Domain event to contract: what `outcomes` tells others. Words and details stay behind."""

from functools import singledispatch
from typing import Any

from outcomes.domain.ledger import Entry
from shared.contracts import outcomes as contracts
from shared.contracts.contract import Contract
from shared.contracts.vocabulary import Decision


@singledispatch
def contract_of(event: object) -> Contract:
    """The contract a domain event is published under."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: Entry) -> Contract:
    said: dict[str, Any] = {
        "entry_id": event.entry_id,
        "learner_id": event.learner_id,
        "institution_id": event.institution_id,
        "booking_id": event.occasion.booking_id,
        "session_id": event.occasion.session_id,
        "opportunity_id": event.occasion.opportunity_id,
        "on": event.occasion.on,
        "key_stage": event.key_stage,
        "decision": Decision(
            rule_pack=event.decision.pack,
            version=event.decision.version,
            reason_codes=list(event.decision.reason_codes),
        ),
    }
    if event.kind == "credited":
        return contracts.LedgerCredited(**said, minutes=event.minutes)
    if event.kind == "denied":
        return contracts.LedgerDenied.model_validate(said | {"missing": list(event.missing)})
    return contracts.LedgerReversed(**said, minutes=event.minutes, reverses=event.reverses)
