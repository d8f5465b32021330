"""Policies: what an event, or a passed deadline, asks of `outcomes`."""

from uuid import UUID

from outcomes.application import assessment, handlers
from outcomes.application.commands import (
    AssessBooking,
    CopyBooking,
    CopyOpportunity,
    CopySession,
    Day,
    ForgetLearner,
    Place,
    RecountLearner,
    RegisterEntry,
    SeeLearnerOff,
    TakeLearner,
    TakeRegister,
)
from outcomes.application.ports import UnitOfWork
from shared.contracts import bookings, opportunities
from shared.contracts.envelope import Event
from shared.kernel.clock import LONDON
from shared.messaging.policy import Due, Instruction, for_tenants


def when_opportunity_is_published_keep_it(
    event: Event[opportunities.OpportunityPublished],
) -> Instruction[UnitOfWork]:
    """Whether it counts depends on its kind and mode; its provider sees the bookings it matters to."""
    said = event.data
    command = CopyOpportunity(said.opportunity_id, said.provider_id, said.kind, said.mode, event.sequence)
    return Instruction(handlers.take_opportunity, command, for_tenants(said.provider_id))


def when_session_is_scheduled_keep_it(
    event: Event[opportunities.SessionScheduled],
) -> Instruction[UnitOfWork]:
    """Its hours tell which minutes overlap, its last day when a learner may reflect."""
    said = event.data
    days = tuple(Day(day.on, day.starts, day.ends) for day in said.days)
    command = CopySession(said.session_id, said.opportunity_id, said.provider_id, days, event.sequence)
    return Instruction(handlers.take_session, command, for_tenants(said.provider_id))


def when_booking_is_confirmed_expect_its_learners(
    event: Event[bookings.BookingConfirmed],
) -> Instruction[UnitOfWork]:
    """Its parties may give evidence and feedback from now on."""
    return _booking(event, tuple(event.data.learner_ids), ended=False)


def when_booking_is_changed_expect_who_remains(
    event: Event[bookings.BookingChanged],
) -> Instruction[UnitOfWork]:
    """Who left gets no feedback; what was attended before stands."""
    return _booking(event, tuple(event.data.learner_ids), ended=False)


def when_booking_is_ended_count_nothing_of_it(event: Event[bookings.BookingEnded]) -> Instruction[UnitOfWork]:
    """It did not take place: what was credited under it is reversed."""
    return _booking(event, None, ended=True)


def when_attendance_is_recorded_assess_it(
    event: Event[bookings.AttendanceRecorded],
) -> Instruction[UnitOfWork]:
    """A day's register, or its correction."""
    said = event.data
    entries = tuple(
        RegisterEntry(entry.learner_id, entry.minutes if entry.attended else 0) for entry in said.entries
    )
    command = TakeRegister(_place(said), said.on, entries, event.sequence)
    return Instruction(assessment.take_register, command, _parties(said))


def when_learner_is_recorded_enrol_the_learner(
    event: Event[bookings.LearnerRecorded],
) -> Instruction[UnitOfWork]:
    """Year group, flags and school; a learner who came from another school brings the account along."""
    said = event.data
    command = TakeLearner(
        said.learner_id,
        said.institution_id,
        said.year_group,
        tuple(sorted(set(said.priority_flags))),
        said.on_roll,
        event.time.astimezone(LONDON).date(),
        event.sequence,
    )
    return Instruction(assessment.take_learner, command, for_tenants(said.institution_id))


def when_learner_is_erased_forget_the_learner(
    event: Event[bookings.LearnerErased],
) -> Instruction[UnitOfWork]:
    """Words and links go; the ledger's entries stay and lead to nobody."""
    said = event.data
    command = ForgetLearner(said.learner_id, said.institution_id)
    return Instruction(assessment.forget_learner, command, for_tenants(said.institution_id))


def when_assessment_is_due_assess_the_booking(due: Due) -> Instruction[UnitOfWork]:
    """Evidence, feedback or a fact about the session has come."""
    command = AssessBooking(due.subject_id, due.tenant_id)
    return Instruction(assessment.assess_booking, command, for_tenants(due.tenant_id))


def when_departure_is_due_see_the_learner_off(due: Due) -> Instruction[UnitOfWork]:
    """The learner is on another institution's roll."""
    command = SeeLearnerOff(due.subject_id, due.tenant_id)
    return Instruction(assessment.see_learner_off, command, for_tenants(due.tenant_id))


def when_recount_is_due_recount_the_learner(due: Due) -> Instruction[UnitOfWork]:
    """A former institution has made an entry."""
    command = RecountLearner(due.subject_id, due.tenant_id)
    return Instruction(assessment.recount_learner, command, for_tenants(due.tenant_id))


def _booking(
    event: Event[bookings.BookingConfirmed] | Event[bookings.BookingChanged] | Event[bookings.BookingEnded],
    learner_ids: tuple[UUID, ...] | None,
    *,
    ended: bool,
) -> Instruction[UnitOfWork]:
    command = CopyBooking(_place(event.data), learner_ids, ended, event.sequence)
    return Instruction(assessment.take_booking, command, _parties(event.data))


def _place(said: bookings.BookingSaid) -> Place:
    return Place(said.booking_id, said.session_id, said.opportunity_id, said.institution_id, said.provider_id)


def _parties(said: bookings.BookingSaid) -> frozenset[UUID]:
    return for_tenants(said.institution_id, said.provider_id)
