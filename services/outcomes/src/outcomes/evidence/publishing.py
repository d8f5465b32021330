"""Domain event to contract: the one place where evidence is published. Words and details stay behind."""

from outcomes.evidence.domain import FeedbackGiven, ReflectionSubmitted
from shared.bus.transaction import Transaction
from shared.contracts import outcomes as contracts
from shared.contracts.contract import Contract


def publish(transaction: Transaction, event: FeedbackGiven | ReflectionSubmitted) -> None:
    """Publish the event once the transaction commits."""
    transaction.publish(contract_of(event), sequence=event.sequence)


def contract_of(event: FeedbackGiven | ReflectionSubmitted) -> Contract:
    """The contract a domain event is published under."""
    if isinstance(event, FeedbackGiven):
        return contracts.FeedbackGiven(
            feedback_id=event.feedback_id,
            session_id=event.session_id,
            provider_id=event.provider_id,
            learner_ids=list(event.learner_ids),
        )
    return contracts.ReflectionSubmitted(
        reflection_id=event.reflection_id,
        learner_id=event.learner_id,
        institution_id=event.institution_id,
        session_id=event.session_id,
        on=event.on,
    )
