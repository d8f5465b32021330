"""Each subscription keeps where it stands; those listed had heard everything until this revision."""

from shared.persistence.kit_tables import add_subscription_positions

revision = "0009"
down_revision = "0008"

SUBSCRIPTIONS = {
    "when_organisation_recorded_copy_it": ["organisation.recorded.v1"],
    "when_opportunity_published_copy_it": ["opportunity.published.v1"],
    "when_session_scheduled_copy_it": ["session.scheduled.v1"],
    "when_session_cancelled_copy_it": ["session.cancelled.v1"],
    "when_booking_requested_decide_clearance": ["booking.requested.v1"],
    "when_booking_changed_count_days_again": ["booking.changed.v1"],
    "when_booking_ended_end_clearance": ["booking.ended.v1"],
    "when_learner_erased_forget_them": ["learner.erased.v1"],
}


def upgrade() -> None:
    add_subscription_positions("safeguarding", SUBSCRIPTIONS)
