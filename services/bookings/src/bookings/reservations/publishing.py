"""Domain event to contract: what other services learn of bookings."""

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

from bookings.reservations.domain import events
from bookings.reservations.domain.eligibility import BookedLearner
from shared.bus.transaction import Transaction
from shared.contracts import bookings as contracts
from shared.contracts.contract import Contract
from shared.contracts.vocabulary import Decision, LearnerOnBooking


def publish(transaction: Transaction, happened: Iterable[tuple[int, object]]) -> None:
    """Publish what happened, each with its booking's version after it."""
    for sequence, event in happened:
        if (contract := contract_of(event)) is not None:
            transaction.publish(contract, sequence=sequence)


@singledispatch
def contract_of(event: object) -> Contract | None:
    """The contract a domain event is published under; None for what concerns nobody else."""
    raise TypeError(f"{type(event).__name__} has no contract")


@contract_of.register
def _(event: events.BookingRequested) -> Contract:
    decision = event.decision
    return contracts.BookingRequested(
        **_ids(event),
        learners=_learners(event.learners),
        held_until=event.held_until,
        decision=Decision(
            rule_pack=decision.rule_pack,
            version=decision.version,
            reason_codes=list(decision.reason_codes),
        ),
    )


@contract_of.register
def _(event: events.BookingWaitlisted) -> Contract:
    return contracts.BookingWaitlisted(**_ids(event), places=event.places)


@contract_of.register
def _(event: events.ClearanceReceived) -> None:  # noqa: ARG001 - singledispatch reads its type
    return None


@contract_of.register
def _(event: events.BookingConfirmed) -> Contract:
    return contracts.BookingConfirmed(
        **_ids(event),
        learner_ids=list(event.learner_ids),
        first_day=event.first_day,
        last_day=event.last_day,
    )


@contract_of.register
def _(event: events.BookingChanged) -> Contract:
    return contracts.BookingChanged(
        **_ids(event),
        learner_ids=[learner.learner_id for learner in event.learners],
        removed_learner_ids=list(event.removed_learner_ids),
        learners=_learners(event.learners),
        conditions=list(event.conditions),
    )


@contract_of.register
def _(event: events.BookingSuspended) -> Contract:
    return contracts.BookingSuspended(**_ids(event), reason_code=event.reason_code)


@contract_of.register
def _(event: events.BookingReinstated) -> Contract:
    return contracts.BookingReinstated(**_ids(event))


@contract_of.register
def _(event: events.BookingEnded) -> Contract:
    ended = {"state": event.state.value, "reason_codes": list(event.reason_codes)}
    return contracts.BookingEnded.model_validate(_ids(event) | ended)


def _learners(learners: Iterable[BookedLearner]) -> list[LearnerOnBooking]:
    return [
        LearnerOnBooking(
            learner_id=learner.learner_id,
            under_16_on_every_day=learner.under_16_on_every_day,
            of_compulsory_school_age=learner.of_compulsory_school_age,
            under_16_days=learner.under_16_days,
            in_last_two_compulsory_years=learner.in_last_two_compulsory_years,
            needs_review=learner.needs_review,
        )
        for learner in learners
    ]


def _ids(event: events.BookingEvent) -> dict[str, Any]:
    return {
        "booking_id": event.booking_id,
        "session_id": event.session_id,
        "opportunity_id": event.opportunity_id,
        "institution_id": event.institution_id,
        "provider_id": event.provider_id,
    }
