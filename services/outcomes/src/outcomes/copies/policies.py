"""Policies: what another service's event asks of the copies."""

from uuid import UUID

from outcomes.copies import handlers
from outcomes.copies.commands import CopyBooking, CopyOpportunity, CopySession
from outcomes.copies.domain import BookingRef, Day
from outcomes.copies.ports import CopiesUnitOfWork
from shared.contracts import bookings, opportunities
from shared.contracts.envelope import Event
from shared.messaging.policy import Instruction, for_tenants


def when_opportunity_is_published_copy_it(
    event: Event[opportunities.OpportunityPublished],
) -> Instruction[CopiesUnitOfWork]:
    """Whether it counts depends on its kind and mode; its provider sees the bookings it matters to."""
    fact = event.data
    command = CopyOpportunity(fact.opportunity_id, fact.provider_id, fact.kind, fact.mode, event.sequence)
    return Instruction(handlers.copy_opportunity, command, for_tenants(fact.provider_id))


def when_session_is_scheduled_copy_it(
    event: Event[opportunities.SessionScheduled],
) -> Instruction[CopiesUnitOfWork]:
    """Its hours decide which minutes overlap, its last day when a learner may reflect."""
    fact = event.data
    days = tuple(Day(day.on, day.starts, day.ends) for day in fact.days)
    command = CopySession(fact.session_id, fact.opportunity_id, fact.provider_id, days, event.sequence)
    return Instruction(handlers.copy_session, command, for_tenants(fact.provider_id))


def when_booking_is_confirmed_copy_it(
    event: Event[bookings.BookingConfirmed],
) -> Instruction[CopiesUnitOfWork]:
    """Its parties may give evidence and feedback from now on."""
    return _copy(event, tuple(event.data.learner_ids))


def when_booking_is_changed_copy_it(event: Event[bookings.BookingChanged]) -> Instruction[CopiesUnitOfWork]:
    """A learner who left it gets no feedback; what was attended before stands."""
    return _copy(event, tuple(event.data.learner_ids))


def booking_of(fact: bookings.BookingEvent) -> BookingRef:
    """The booking that an event is about."""
    return BookingRef(
        fact.booking_id, fact.session_id, fact.opportunity_id, fact.institution_id, fact.provider_id
    )


def parties_of(fact: bookings.BookingEvent) -> frozenset[UUID]:
    """The tenants who see the booking that an event is about."""
    return for_tenants(fact.institution_id, fact.provider_id)


def _copy(
    event: Event[bookings.BookingConfirmed] | Event[bookings.BookingChanged], learner_ids: tuple[UUID, ...]
) -> Instruction[CopiesUnitOfWork]:
    command = CopyBooking(booking_of(event.data), learner_ids, ended=False, sequence=event.sequence)
    return Instruction(handlers.copy_booking, command, parties_of(event.data))
