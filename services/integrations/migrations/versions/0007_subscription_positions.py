"""Each subscription keeps where it stands; those listed had heard everything until this revision.

Not listed are those that came after the last release: its workers, still running beside new ones, pass their
events over, so that these are to be heard from the beginning.
"""

from shared.persistence.kit_tables import add_subscription_positions

revision = "0007"
down_revision = "0006"

SUBSCRIPTIONS = {
    "when_anything_happens_tell_endpoints": [
        "organisation.recorded.v1",
        "opportunity.published.v1",
        "opportunity.withdrawn.v1",
        "opportunity.suspended.v1",
        "opportunity.reinstated.v1",
        "session.scheduled.v1",
        "session.cancelled.v1",
        "booking.requested.v1",
        "booking.waitlisted.v1",
        "booking.confirmed.v1",
        "booking.changed.v1",
        "booking.suspended.v1",
        "booking.reinstated.v1",
        "booking.ended.v1",
        "attendance.recorded.v1",
        "learner.recorded.v1",
        "learner.erased.v1",
        "cohort.relabelled.v1",
        "assurance.granted.v1",
        "assurance.lapsed.v1",
        "assurance.suspended.v1",
        "assurance.reinstated.v1",
        "clearance.granted.v1",
        "clearance.refused.v1",
        "clearance.referred.v1",
        "ledger.credited.v1",
        "ledger.denied.v1",
        "ledger.reversed.v1",
        "reflection.submitted.v1",
        "feedback.given.v1",
        "roster.received.v1",
    ],
}


def upgrade() -> None:
    add_subscription_positions("integrations", SUBSCRIPTIONS)
