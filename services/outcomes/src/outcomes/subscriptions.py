"""What `outcomes` hears and waits for, on one page."""

from outcomes.adapters.deadlines import ASSESSMENT, DEPARTURE, RECOUNT
from outcomes.application.assessment import assess_registers
from outcomes.consumers import policies
from outcomes.copies import policies as copies
from outcomes.unit_of_work import OutcomesUnitOfWork
from shared.contracts.bookings import (
    AttendanceRecorded,
    BookingChanged,
    BookingConfirmed,
    BookingEnded,
    LearnerErased,
    LearnerRecorded,
)
from shared.contracts.opportunities import OpportunityPublished, SessionScheduled
from shared.messaging.policy import Deadline, Subscription

SUBSCRIPTIONS: list[Subscription[OutcomesUnitOfWork]] = [
    Subscription(
        "when_opportunity_is_published_keep_it",
        OpportunityPublished,
        copies.when_opportunity_is_published_copy_it,
    ),
    Subscription(
        "when_session_is_scheduled_keep_it", SessionScheduled, copies.when_session_is_scheduled_copy_it
    ),
    Subscription(
        "when_booking_is_confirmed_expect_its_learners",
        BookingConfirmed,
        copies.when_booking_is_confirmed_copy_it,
    ),
    Subscription(
        "when_booking_is_changed_expect_who_remains",
        BookingChanged,
        copies.when_booking_is_changed_copy_it,
    ),
    Subscription(
        "when_booking_is_ended_count_nothing_of_it",
        BookingEnded,
        policies.when_booking_is_ended_reverse_its_credits,
    ),
    Subscription(
        "when_attendance_is_recorded_assess_it",
        AttendanceRecorded,
        policies.when_attendance_is_recorded_assess_it,
        batch_handler=assess_registers,
    ),
    Subscription(
        "when_learner_is_recorded_enrol_the_learner",
        LearnerRecorded,
        policies.when_learner_is_recorded_enrol_the_learner,
    ),
    Subscription(
        "when_learner_is_erased_forget_the_learner",
        LearnerErased,
        policies.when_learner_is_erased_forget_the_learner,
    ),
]

DEADLINES: list[Deadline[OutcomesUnitOfWork]] = [
    Deadline(ASSESSMENT, policies.when_assessment_is_due_assess_the_booking),
    Deadline(DEPARTURE, policies.when_departure_is_due_see_the_learner_off),
    Deadline(RECOUNT, policies.when_recount_is_due_recount_the_learner),
]
