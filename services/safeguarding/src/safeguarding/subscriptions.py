"""What safeguarding consumes, and which deadlines it has, on one page."""

from safeguarding.assurances import policies as assurances
from safeguarding.assurances.domain.passports import EXPIRY
from safeguarding.clearances import policies as clearances
from safeguarding.clearances.domain.clearance import REVIEW
from safeguarding.copies import policies as copies
from safeguarding.unit_of_work import SafeguardingUnitOfWork
from shared.contracts.bookings import BookingChanged, BookingEnded, BookingRequested, LearnerErased
from shared.contracts.opportunities import (
    OpportunityPublished,
    OrganisationRecorded,
    SessionCancelled,
    SessionScheduled,
)
from shared.messaging.policy import Deadline, Subscription

SUBSCRIPTIONS: list[Subscription[SafeguardingUnitOfWork]] = [
    Subscription(
        "when_organisation_recorded_copy_it",
        OrganisationRecorded,
        copies.when_organisation_recorded_copy,
    ),
    Subscription(
        "when_opportunity_published_copy_it",
        OpportunityPublished,
        copies.when_opportunity_published_copy,
    ),
    Subscription("when_session_scheduled_copy_it", SessionScheduled, copies.when_session_scheduled_copy),
    Subscription("when_session_cancelled_copy_it", SessionCancelled, copies.when_session_cancelled_copy),
    Subscription(
        "when_booking_requested_decide_clearance",
        BookingRequested,
        clearances.when_booking_requested_decide_clearance,
    ),
    Subscription(
        "when_booking_changed_count_days_again",
        BookingChanged,
        clearances.when_booking_changed_decide_again,
    ),
    Subscription(
        "when_booking_ended_end_clearance", BookingEnded, clearances.when_booking_ended_end_clearance
    ),
    Subscription(
        "when_learner_erased_forget_them", LearnerErased, clearances.when_learner_erased_forget_learner
    ),
]

DEADLINES: list[Deadline[SafeguardingUnitOfWork]] = [
    Deadline(EXPIRY, assurances.when_assurance_expires_lapse),
    Deadline(REVIEW, clearances.when_review_is_due_decide_again),
]
