"""What `outcomes` hears and waits for, on one page."""

from outcomes.application.assessment import ASSESSMENT, DEPARTURE, RECOUNT, take_registers
from outcomes.application.ports import UnitOfWork
from outcomes.consumers import policies
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

SUBSCRIPTIONS: list[Subscription[UnitOfWork]] = [
    Subscription(
        "when_opportunity_is_published_keep_it",
        OpportunityPublished,
        policies.when_opportunity_is_published_keep_it,
    ),
    Subscription(
        "when_session_is_scheduled_keep_it", SessionScheduled, policies.when_session_is_scheduled_keep_it
    ),
    Subscription(
        "when_booking_is_confirmed_expect_its_learners",
        BookingConfirmed,
        policies.when_booking_is_confirmed_expect_its_learners,
    ),
    Subscription(
        "when_booking_is_changed_expect_who_remains",
        BookingChanged,
        policies.when_booking_is_changed_expect_who_remains,
    ),
    Subscription(
        "when_booking_is_ended_count_nothing_of_it",
        BookingEnded,
        policies.when_booking_is_ended_count_nothing_of_it,
    ),
    Subscription(
        "when_attendance_is_recorded_assess_it",
        AttendanceRecorded,
        policies.when_attendance_is_recorded_assess_it,
        batch_handler=take_registers,
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

DEADLINES: list[Deadline[UnitOfWork]] = [
    Deadline(ASSESSMENT, policies.when_assessment_is_due_assess_the_booking),
    Deadline(DEPARTURE, policies.when_departure_is_due_see_the_learner_off),
    Deadline(RECOUNT, policies.when_recount_is_due_recount_the_learner),
]
