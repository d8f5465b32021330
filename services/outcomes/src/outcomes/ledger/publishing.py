"""Domain event to contract: the one place where ledger entries are published. Their inputs stay behind."""

from collections.abc import Iterable
from typing import Any

from outcomes.ledger.domain.account import Entry
from shared.bus.transaction import Transaction
from shared.contracts import outcomes as contracts
from shared.contracts.contract import Contract
from shared.contracts.vocabulary import Decision


def publish(transaction: Transaction, entries: Iterable[tuple[int, Entry]]) -> None:
    """Publish entries, each with its number in the account, once the transaction commits."""
    for sequence, entry in entries:
        transaction.publish(contract_of(entry), sequence=sequence)


def contract_of(entry: Entry) -> Contract:
    """The contract an entry is published under."""
    fields: dict[str, Any] = {
        "entry_id": entry.entry_id,
        "learner_id": entry.learner_id,
        "institution_id": entry.institution_id,
        "booking_id": entry.occasion.booking_id,
        "session_id": entry.occasion.session_id,
        "opportunity_id": entry.occasion.opportunity_id,
        "on": entry.occasion.on,
        "key_stage": entry.key_stage,
        "decision": Decision(
            rule_pack=entry.decision.pack,
            version=entry.decision.version,
            reason_codes=list(entry.decision.reason_codes),
        ),
    }
    if entry.kind == "credited":
        return contracts.LedgerCredited(**fields, minutes=entry.minutes)
    if entry.kind == "denied":
        return contracts.LedgerDenied.model_validate(fields | {"missing": list(entry.missing)})
    return contracts.LedgerReversed(**fields, minutes=entry.minutes, reverses=entry.reverses)
