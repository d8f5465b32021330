"""Decisions to the contracts they are published under: the decision and its codes, never the detail."""

from collections.abc import Iterable

from safeguarding.clearances.domain.clearance import (
    REVOKED,
    ClearanceDecided,
    ClearanceRevoked,
    ConditionsSet,
)
from safeguarding.clearances.domain.clearance_rules import GRANTED, REFERRED, REFUSED, RULE_PACK
from shared.bus.transaction import Transaction
from shared.contracts import safeguarding as contracts
from shared.contracts.contract import Contract
from shared.contracts.vocabulary import Decision

_BY_STATE: dict[str, type[contracts.ClearanceSaid]] = {
    GRANTED: contracts.ClearanceGranted,
    REFUSED: contracts.ClearanceRefused,
    REFERRED: contracts.ClearanceReferred,
    REVOKED: contracts.ClearanceRevoked,
}


def publish(transaction: Transaction, events: Iterable[tuple[int, object]]) -> None:
    """Publish each decision with its number; other changes stay inside this service."""
    for sequence, event in events:
        if isinstance(event, ClearanceDecided):
            transaction.publish(contract_of(event), sequence=sequence)


def contract_of(event: ClearanceDecided) -> Contract:
    """The contract a decision is published under."""
    return _contract(event)(
        clearance_id=event.clearance_id,
        booking_id=event.booking_id,
        institution_id=event.institution_id,
        provider_id=event.provider_id,
        decision=Decision(
            rule_pack=RULE_PACK, version=event.rule_version, reason_codes=list(event.reason_codes)
        ),
    )


def _contract(event: ClearanceDecided) -> type[contracts.ClearanceSaid]:
    match event:
        case ClearanceRevoked():
            return contracts.ClearanceRevoked
        case ConditionsSet():
            return contracts.ClearanceConditionsSet
        case _:
            return _BY_STATE[event.state]
