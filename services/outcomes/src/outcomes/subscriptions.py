"""What `outcomes` consumes and waits for, on one page."""

from outcomes.copies import policies as copies
from outcomes.ledger import policies as ledger
from outcomes.ledger.deadlines import ASSESSMENT, DEPARTURE, MOVING_UP, RECOUNT
from outcomes.ledger.handlers import assess_registers
from outcomes.totals import policies as totals
from outcomes.unit_of_work import OutcomesUnitOfWork
from shared.contracts.bookings import (
    AttendanceRecorded,
    BookingChanged,
    BookingConfirmed,
    BookingEnded,
    CountedByBookings,
    LearnerErased,
    LearnerRecorded,
)
from shared.contracts.opportunities import CountedByOpportunities, OpportunityPublished, SessionScheduled
from shared.contracts.outcomes import CountedByOutcomes
from shared.contracts.safeguarding import CountedBySafeguarding
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
        ledger.when_booking_is_ended_reverse_its_credits,
    ),
    Subscription(
        "when_attendance_is_recorded_assess_it",
        AttendanceRecorded,
        ledger.when_attendance_is_recorded_assess_it,
        batch_handler=assess_registers,
    ),
    Subscription(
        "when_learner_is_recorded_enrol_the_learner",
        LearnerRecorded,
        ledger.when_learner_is_recorded_enrol_the_learner,
    ),
    Subscription(
        "when_learner_is_erased_forget_the_learner",
        LearnerErased,
        ledger.when_learner_is_erased_forget_the_learner,
    ),
    Subscription(
        "when_bookings_has_counted_compare",
        CountedByBookings,
        totals.when_totals_are_counted_compare_them,
    ),
    Subscription(
        "when_opportunities_has_counted_compare",
        CountedByOpportunities,
        totals.when_totals_are_counted_compare_them,
    ),
    Subscription(
        "when_safeguarding_has_counted_compare",
        CountedBySafeguarding,
        totals.when_totals_are_counted_compare_them,
    ),
    Subscription(
        "when_outcomes_has_counted_compare",
        CountedByOutcomes,
        totals.when_totals_are_counted_compare_them,
    ),
]

DEADLINES: list[Deadline[OutcomesUnitOfWork]] = [
    Deadline(ASSESSMENT, ledger.when_assessment_is_due_assess_the_booking),
    Deadline(DEPARTURE, ledger.when_departure_is_due_close_the_enrolment),
    Deadline(RECOUNT, ledger.when_recount_is_due_recount_the_learner),
    Deadline(MOVING_UP, ledger.when_moving_up_is_due_count_the_learner_there),
]
