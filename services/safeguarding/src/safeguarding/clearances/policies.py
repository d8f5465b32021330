"""Each event of bookings that concerns a clearance, and the command it leads to."""

from collections.abc import Iterable
from uuid import UUID

from safeguarding.clearances.commands import (
    BookedLearner,
    ChangeLearners,
    DecideAgain,
    DecideClearance,
    EndClearance,
    ForgetLearner,
)
from safeguarding.clearances.handlers import (
    change_learners,
    decide_again,
    decide_clearance,
    end_clearance,
    forget_learner,
)
from safeguarding.clearances.ports import ClearancesUnitOfWork
from shared.contracts.bookings import (
    BookingChanged,
    BookingEnded,
    BookingEvent,
    BookingRequested,
    LearnerErased,
)
from shared.contracts.envelope import Event
from shared.contracts.vocabulary import LearnerOnBooking
from shared.kernel import new_id
from shared.messaging.policy import Due, Instruction, for_tenants

MOST_DAYS = 366


def when_booking_requested_decide_clearance(
    event: Event[BookingRequested],
) -> Instruction[ClearancesUnitOfWork]:
    booking = event.data
    return Instruction(
        decide_clearance,
        DecideClearance(
            new_id(),
            booking.booking_id,
            booking.session_id,
            booking.institution_id,
            booking.provider_id,
            _learners(booking.learners),
        ),
        _parties(booking),
    )


def when_booking_changed_decide_again(event: Event[BookingChanged]) -> Instruction[ClearancesUnitOfWork]:
    booking = event.data
    removed = frozenset(booking.removed_learner_ids)
    command = ChangeLearners(booking.booking_id, removed, _learners(booking.learners))
    return Instruction(change_learners, command, _parties(booking))


def when_review_is_due_decide_again(due: Due) -> Instruction[ClearancesUnitOfWork]:
    return Instruction(decide_again, DecideAgain(due.subject_id, due.tenant_id), for_tenants(due.tenant_id))


def when_booking_ended_end_clearance(event: Event[BookingEnded]) -> Instruction[ClearancesUnitOfWork]:
    return Instruction(end_clearance, EndClearance(event.data.booking_id), _parties(event.data))


def when_learner_erased_forget_learner(event: Event[LearnerErased]) -> Instruction[ClearancesUnitOfWork]:
    learner = event.data
    return Instruction(
        forget_learner,
        ForgetLearner(learner.learner_id, learner.institution_id),
        for_tenants(learner.institution_id),
    )


def _parties(booking: BookingEvent) -> frozenset[UUID]:
    return for_tenants(booking.institution_id, booking.provider_id)


def _learners(learners: Iterable[LearnerOnBooking]) -> tuple[BookedLearner, ...]:
    return tuple(
        BookedLearner(each.learner_id, _under_16_days(each), each.of_compulsory_school_age, each.needs_review)
        for each in learners
    )


def _under_16_days(learner: LearnerOnBooking) -> int:
    """An earlier release says only whether it is every day: then no session has more days than these."""
    if learner.under_16_days is not None:
        return learner.under_16_days
    return MOST_DAYS if learner.under_16_on_every_day else 0
