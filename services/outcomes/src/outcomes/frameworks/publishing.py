"""Domain event to contract: the one place where frameworks are published."""

from outcomes.frameworks.domain import FrameworkPublished
from shared.bus.transaction import Transaction
from shared.contracts import outcomes as contracts


class FrameworkOutbox:
    """Puts published frameworks into the transaction's outbox."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def publish(self, event: FrameworkPublished) -> None:
        self._transaction.publish(contract_of(event), sequence=event.framework.edition)


def contract_of(event: FrameworkPublished) -> contracts.FrameworkPublished:
    """The contract a framework is published under: codes, no statements."""
    framework = event.framework
    return contracts.FrameworkPublished.model_validate(
        {
            "framework": framework.framework,
            "version": framework.version,
            "tiers": [tier.code for tier in framework.tiers],
            "objective_codes": list(framework.objective_codes),
            "criteria": [criterion.code for criterion in framework.criteria],
        }
    )
