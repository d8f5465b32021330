"""Each event of bookings that concerns a clearance, and the command it leads to."""

from uuid import UUID

from safeguarding.clearances.commands import (
    BookedLearner,
    DecideClearance,
    EndClearance,
    ForgetLearner,
    RemoveLearners,
)
from safeguarding.clearances.handlers import (
    decide_clearance,
    end_clearance,
    forget_learner,
    remove_learners,
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
from shared.kernel import new_id
from shared.messaging.policy import Instruction, for_tenants


def when_booking_requested_decide_clearance(
    event: Event[BookingRequested],
) -> Instruction[ClearancesUnitOfWork]:
    booking = event.data
    learners = tuple(
        BookedLearner(each.learner_id, each.under_16_on_every_day, each.of_compulsory_school_age)
        for each in booking.learners
    )
    return Instruction(
        decide_clearance,
        DecideClearance(
            new_id(),
            booking.booking_id,
            booking.session_id,
            booking.institution_id,
            booking.provider_id,
            learners,
        ),
        _parties(booking),
    )


def when_booking_changed_remove_learners(event: Event[BookingChanged]) -> Instruction[ClearancesUnitOfWork]:
    booking = event.data
    removed = frozenset(booking.removed_learner_ids)
    return Instruction(remove_learners, RemoveLearners(booking.booking_id, removed), _parties(booking))


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
