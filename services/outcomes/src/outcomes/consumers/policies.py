"""Policies: what an event, or a passed deadline, asks of `outcomes`."""

from outcomes.application import assessment
from outcomes.application.commands import (
    AssessBooking,
    EndBooking,
    ForgetLearner,
    RecountLearner,
    SeeLearnerOff,
    TakeLearner,
)
from outcomes.application.ports import UnitOfWork
from outcomes.copies.policies import booking_of, parties_of
from outcomes.registers.commands import CopyRegister, RegisterEntry
from shared.contracts import bookings
from shared.contracts.envelope import Event
from shared.kernel.clock import LONDON
from shared.messaging.policy import Due, Instruction, for_tenants


def when_booking_is_ended_reverse_its_credits(
    event: Event[bookings.BookingEnded],
) -> Instruction[UnitOfWork]:
    """It did not take place: what was credited under it is reversed."""
    command = EndBooking(booking_of(event.data), event.sequence)
    return Instruction(assessment.end_booking, command, parties_of(event.data))


def when_attendance_is_recorded_assess_it(
    event: Event[bookings.AttendanceRecorded],
) -> Instruction[UnitOfWork]:
    """A day's register, or its correction."""
    said = event.data
    entries = tuple(
        RegisterEntry(entry.learner_id, entry.minutes if entry.attended else 0) for entry in said.entries
    )
    command = CopyRegister(booking_of(said), said.on, entries, event.sequence)
    return Instruction(assessment.assess_register, command, parties_of(said))


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
