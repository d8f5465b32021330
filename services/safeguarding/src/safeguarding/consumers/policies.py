"""What each event and deadline asks of safeguarding."""

from uuid import UUID

from safeguarding.application.commands import (
    DecideClearance,
    EndClearance,
    ForgetLearner,
    LearnerAsked,
    RemoveLearners,
)
from safeguarding.application.handlers import clearances
from safeguarding.application.ports import UnitOfWork
from shared.contracts.bookings import (
    BookingChanged,
    BookingEnded,
    BookingRequested,
    BookingSaid,
    LearnerErased,
)
from shared.contracts.envelope import Event
from shared.kernel import new_id
from shared.messaging.policy import Instruction, for_tenants


def when_booking_requested_decide_clearance(event: Event[BookingRequested]) -> Instruction[UnitOfWork]:
    said = event.data
    learners = tuple(
        LearnerAsked(each.learner_id, each.under_16_on_every_day, each.of_compulsory_school_age)
        for each in said.learners
    )
    return Instruction(
        clearances.decide_clearance,
        DecideClearance(
            new_id(), said.booking_id, said.session_id, said.institution_id, said.provider_id, learners
        ),
        _parties(said),
    )


def when_booking_changed_count_days_again(event: Event[BookingChanged]) -> Instruction[UnitOfWork]:
    removed = frozenset(event.data.removed_learner_ids)
    return Instruction(
        clearances.remove_learners, RemoveLearners(event.data.booking_id, removed), _parties(event.data)
    )


def when_booking_ended_end_clearance(event: Event[BookingEnded]) -> Instruction[UnitOfWork]:
    return Instruction(clearances.end_clearance, EndClearance(event.data.booking_id), _parties(event.data))


def when_learner_erased_forget_them(event: Event[LearnerErased]) -> Instruction[UnitOfWork]:
    said = event.data
    return Instruction(
        clearances.forget_learner,
        ForgetLearner(said.learner_id, said.institution_id),
        for_tenants(said.institution_id),
    )


def _parties(said: BookingSaid) -> frozenset[UUID]:
    return for_tenants(said.institution_id, said.provider_id)
