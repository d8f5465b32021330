"""Policies: what an event, or a passed deadline, asks of the ledger."""

from outcomes.copies.policies import booking_of, parties_of
from outcomes.ledger import handlers
from outcomes.ledger.commands import (
    AssessBooking,
    CloseEnrolment,
    EndBooking,
    EnrolLearner,
    ForgetLearner,
    MoveUp,
    RecountLearner,
)
from outcomes.ledger.ports import LedgerUnitOfWork
from outcomes.registers.commands import CopyRegister, RegisterEntry
from shared.contracts import bookings
from shared.contracts.envelope import Event
from shared.kernel.clock import LONDON
from shared.messaging.policy import Due, Instruction, for_tenants


def when_attendance_is_recorded_assess_it(
    event: Event[bookings.AttendanceRecorded],
) -> Instruction[LedgerUnitOfWork]:
    """A day's register, or its correction."""
    fact = event.data
    entries = tuple(
        RegisterEntry(entry.learner_id, entry.minutes if entry.attended else 0) for entry in fact.entries
    )
    command = CopyRegister(booking_of(fact), fact.on, entries, event.sequence)
    return Instruction(handlers.assess_register, command, parties_of(fact))


def when_booking_is_ended_reverse_its_credits(
    event: Event[bookings.BookingEnded],
) -> Instruction[LedgerUnitOfWork]:
    """It did not take place: what was credited under it is reversed."""
    command = EndBooking(booking_of(event.data), event.sequence)
    return Instruction(handlers.end_booking, command, parties_of(event.data))


def when_learner_is_recorded_enrol_the_learner(
    event: Event[bookings.LearnerRecorded],
) -> Instruction[LedgerUnitOfWork]:
    """Year group, flags and school; a learner who came from another school brings the account along."""
    fact = event.data
    command = EnrolLearner(
        fact.learner_id,
        fact.institution_id,
        fact.year_group,
        tuple(sorted(set(fact.priority_flags))),
        fact.on_roll,
        event.time.astimezone(LONDON).date(),
        event.sequence,
    )
    return Instruction(handlers.enrol_learner, command, for_tenants(fact.institution_id))


def when_learner_is_erased_forget_the_learner(
    event: Event[bookings.LearnerErased],
) -> Instruction[LedgerUnitOfWork]:
    """Words and links go; the ledger's entries stay and lead to nobody."""
    fact = event.data
    command = ForgetLearner(fact.learner_id, fact.institution_id)
    return Instruction(handlers.forget_learner, command, for_tenants(fact.institution_id))


def when_assessment_is_due_assess_the_booking(due: Due) -> Instruction[LedgerUnitOfWork]:
    """Evidence, feedback or a fact about the session has come."""
    command = AssessBooking(due.subject_id, due.tenant_id)
    return Instruction(handlers.assess_booking, command, for_tenants(due.tenant_id))


def when_moving_up_is_due_count_the_learner_there(due: Due) -> Instruction[LedgerUnitOfWork]:
    """The school year begins for which a roster had the learner in another year group."""
    command = MoveUp(due.subject_id, due.tenant_id)
    return Instruction(handlers.move_up, command, for_tenants(due.tenant_id))


def when_departure_is_due_close_the_enrolment(due: Due) -> Instruction[LedgerUnitOfWork]:
    """The learner is on another institution's roll."""
    command = CloseEnrolment(due.subject_id, due.tenant_id)
    return Instruction(handlers.close_enrolment, command, for_tenants(due.tenant_id))


def when_recount_is_due_recount_the_learner(due: Due) -> Instruction[LedgerUnitOfWork]:
    """A former institution has made an entry."""
    command = RecountLearner(due.subject_id, due.tenant_id)
    return Instruction(handlers.recount_learner, command, for_tenants(due.tenant_id))
