"""Each subscription keeps where it stands; those listed had heard everything until this revision."""

from shared.persistence.kit_tables import add_subscription_positions

revision = "0009"
down_revision = "0008"

SUBSCRIPTIONS = {
    "when_opportunity_is_published_keep_it": ["opportunity.published.v1"],
    "when_session_is_scheduled_keep_it": ["session.scheduled.v1"],
    "when_booking_is_confirmed_expect_its_learners": ["booking.confirmed.v1"],
    "when_booking_is_changed_expect_who_remains": ["booking.changed.v1"],
    "when_booking_is_ended_count_nothing_of_it": ["booking.ended.v1"],
    "when_attendance_is_recorded_assess_it": ["attendance.recorded.v1"],
    "when_learner_is_recorded_enrol_the_learner": ["learner.recorded.v1"],
    "when_learner_is_erased_forget_the_learner": ["learner.erased.v1"],
}


def upgrade() -> None:
    add_subscription_positions("outcomes", SUBSCRIPTIONS)
