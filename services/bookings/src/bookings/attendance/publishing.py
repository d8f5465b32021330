"""Domain event to contract: what other services learn of attendance."""

from collections.abc import Iterable

from bookings.attendance.domain import AttendanceRecorded
from shared.bus.transaction import Transaction
from shared.contracts import bookings as contracts
from shared.contracts.vocabulary import AttendanceEntry


def publish(transaction: Transaction, happened: Iterable[tuple[int, object]]) -> None:
    """Publish the registers taken, each with its booking's version after it."""
    for sequence, event in happened:
        transaction.publish(contract_of(event), sequence=sequence)


def contract_of(event: object) -> contracts.AttendanceRecorded:
    """The contract a register is published under."""
    if not isinstance(event, AttendanceRecorded):
        raise TypeError(f"{type(event).__name__} has no contract")
    entries = [
        AttendanceEntry(learner_id=each.learner_id, attended=each.attended, minutes=each.minutes)
        for each in event.register.entries
    ]
    return contracts.AttendanceRecorded(
        booking_id=event.booking_id,
        session_id=event.session_id,
        opportunity_id=event.opportunity_id,
        institution_id=event.institution_id,
        provider_id=event.provider_id,
        on=event.register.on,
        entries=entries,
    )
