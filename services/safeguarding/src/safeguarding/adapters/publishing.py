"""Domain event to contract: the decision and its codes, never the detail."""

from functools import singledispatch

from safeguarding.application import rules
from safeguarding.domain.clearances import ClearanceChanged, ClearanceDecided
from safeguarding.domain.clearing import GRANTED, REFERRED, REFUSED
from shared.bus.transaction import Transaction
from shared.contracts import safeguarding as contracts
from shared.contracts.contract import Contract
from shared.contracts.vocabulary import Decision

_BY_STATE: dict[str, type[contracts.ClearanceSaid]] = {
    GRANTED: contracts.ClearanceGranted,
    REFUSED: contracts.ClearanceRefused,
    REFERRED: contracts.ClearanceReferred,
}


def say(transaction: Transaction, event: object, sequence: int) -> None:
    """Publish what others need to hear of a domain event."""
    if (data := contract_of(event)) is not None:
        transaction.publish(data, sequence=sequence)


@singledispatch
def contract_of(event: object) -> Contract | None:
    """The contract a domain event is published under; None where it stays inside."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: ClearanceDecided) -> Contract:
    clearance = event.clearance
    return _BY_STATE[clearance.state](
        clearance_id=clearance.id,
        booking_id=clearance.booking_id,
        institution_id=clearance.institution_id,
        provider_id=clearance.provider_id,
        decision=Decision(
            rule_pack=rules.CLEARANCE,
            version=clearance.rule_version,
            reason_codes=list(clearance.reason_codes),
        ),
    )


@contract_of.register
def _(_: ClearanceChanged) -> None:
    return None
