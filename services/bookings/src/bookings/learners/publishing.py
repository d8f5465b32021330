"""Domain event to contract: what other services learn of learners and cohorts."""

from bookings.learners.domain import CohortRelabelled, LearnerErased, LearnerRecorded
from shared.bus.transaction import Transaction
from shared.contracts import bookings as contracts


def publish(transaction: Transaction, event: object, sequence: int) -> None:
    """Publish what happened; an erasure also clears the compacted topic of the pseudonym."""
    match event:
        case CohortRelabelled():
            relabelled = contracts.CohortRelabelled(
                cohort_id=event.cohort_id, institution_id=event.institution_id
            )
            transaction.publish(relabelled, sequence=sequence)
        case LearnerRecorded():
            recorded = contracts.LearnerRecorded(
                learner_id=event.learner_id,
                institution_id=event.institution_id,
                year_group=event.year_group,
                priority_flags=list(event.priority_flags),
                on_roll=event.on_roll,
            )
            transaction.publish(recorded, sequence=sequence)
        case LearnerErased():
            transaction.erase(contracts.LearnerRecorded, event.learner_id)
            erased = contracts.LearnerErased(learner_id=event.learner_id, institution_id=event.institution_id)
            transaction.publish(erased, sequence=sequence)
        case _:
            raise TypeError(f"{type(event).__name__} has no contract")
