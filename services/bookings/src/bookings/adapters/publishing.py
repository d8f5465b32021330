"""Domain event to contract: what the service tells others."""

from functools import singledispatch
from typing import Any

from bookings.domain import booking_events as happened
from bookings.domain.bookings import Booking
from shared.contracts import bookings as contracts
from shared.contracts.contract import Contract
from shared.contracts.vocabulary import AttendanceEntry, Decision, LearnerOnBooking


@singledispatch
def contract_of(event: object) -> Contract | None:
    """The contract a domain event is published under; None for what concerns nobody else."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: happened.BookingRequested) -> Contract:
    booking = event.booking
    return contracts.BookingRequested.model_validate(
        _named(booking)
        | {
            "learners": [
                LearnerOnBooking(
                    learner_id=learner.learner_id,
                    under_16_on_every_day=learner.under_16_on_every_day,
                    of_compulsory_school_age=learner.of_compulsory_school_age,
                )
                for learner in booking.learners
            ],
            "held_until": booking.held_until,
            "decision": Decision(
                rule_pack=booking.decision.rule_pack,
                version=booking.decision.version,
                reason_codes=list(booking.decision.reason_codes),
            ),
        }
    )


@contract_of.register
def _(event: happened.BookingWaitlisted) -> Contract:
    return contracts.BookingWaitlisted(**_named(event.booking), places=len(event.booking.learners))


@contract_of.register
def _(event: happened.ClearanceNoted) -> None:  # noqa: ARG001 - singledispatch reads its type
    return None


@contract_of.register
def _(event: happened.BookingConfirmed) -> Contract:
    booking = event.booking
    return contracts.BookingConfirmed(
        **_named(booking),
        learner_ids=booking.learner_ids,
        first_day=booking.first_day,
        last_day=booking.last_day,
    )


@contract_of.register
def _(event: happened.BookingChanged) -> Contract:
    return contracts.BookingChanged(
        **_named(event.booking),
        learner_ids=event.booking.learner_ids,
        removed_learner_ids=list(event.removed),
    )


@contract_of.register
def _(event: happened.BookingSuspended) -> Contract:
    return contracts.BookingSuspended(**_named(event.booking), reason_code=event.reason_code)


@contract_of.register
def _(event: happened.BookingReinstated) -> Contract:
    return contracts.BookingReinstated(**_named(event.booking))


@contract_of.register
def _(event: happened.BookingEnded) -> Contract:
    booking = event.booking
    return contracts.BookingEnded.model_validate(
        _named(booking) | {"state": booking.state.value, "reason_codes": list(booking.reason_codes)}
    )


@contract_of.register
def _(event: happened.AttendanceRecorded) -> Contract:
    entries = [
        AttendanceEntry(learner_id=each.learner_id, attended=each.attended, minutes=each.minutes)
        for each in event.register.entries
    ]
    return contracts.AttendanceRecorded(**_named(event.booking), on=event.register.on, entries=entries)


def _named(booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": booking.id,
        "session_id": booking.session_id,
        "opportunity_id": booking.opportunity_id,
        "institution_id": booking.institution_id,
        "provider_id": booking.provider_id,
    }
