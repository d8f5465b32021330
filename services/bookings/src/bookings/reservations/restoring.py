"""Bookings that others heard of and a restored database may not know, or not know the end of."""

import contextlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bookings.capacity.repository import PlacesRepository
from bookings.learners.ports import Learners
from bookings.learners.repository import LearnerRepository
from bookings.reservations.commands import EraseLearner
from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.lifecycle import State
from bookings.reservations.handlers.lifecycle import erase_learner
from bookings.reservations.ports import Bookings
from bookings.reservations.repository.bookings import BookingRepository
from shared.bus.transaction import Transaction
from shared.contracts import bookings as contracts
from shared.contracts.envelope import Event
from shared.kernel import NotFound
from shared.messaging.policy import for_tenants
from shared.messaging.restoring import LOST, OwnEvent


async def end_unless_known(event: Event[contracts.BookingEvent], transaction: Transaction) -> None:
    """A booking that was asked for and is gone has ended: its institution asks again."""
    said = event.data
    if await _unless_lost(said, _bookings(transaction)):
        return
    ids = {name: getattr(said, name) for name in contracts.BookingEvent.model_fields}
    ended = contracts.BookingEnded(**ids, state="cancelled", reason_codes=[LOST])
    transaction.publish(ended, sequence=event.sequence)
    await transaction.note_lost(said, said.booking_id)


async def end_as_told(event: Event[contracts.BookingEnded], transaction: Transaction) -> None:
    """A booking that others heard the end of has ended, though whoever ended it is forgotten."""
    said, bookings = event.data, _bookings(transaction)
    if booking := await _unless_lost(said, bookings):
        booking.end_as_told(State(said.state), tuple(said.reason_codes))
        await bookings.save(booking)


async def remove_as_told(event: Event[contracts.BookingChanged], transaction: Transaction) -> None:
    """Learners of whom others heard that they left the booking have left it."""
    said, bookings = event.data, _bookings(transaction)
    booking = await _unless_lost(said, bookings)
    if booking is None or booking.state.ended:
        return
    if leaving := set(said.removed_learner_ids) & set(booking.learner_ids):
        booking.depart(leaving, LOST)
        await bookings.save(booking)


@dataclass
class _Erasure:
    learners: Learners
    bookings: Bookings


async def erase_again(event: Event[contracts.LearnerErased], transaction: Transaction) -> None:
    """A learner who was erased does not come back with a backup."""
    command = EraseLearner(event.data.institution_id, event.data.learner_id)
    with contextlib.suppress(NotFound):
        await erase_learner(command, _Erasure(LearnerRepository(transaction), _bookings(transaction)))


def _bookings(transaction: Transaction) -> BookingRepository:
    return BookingRepository(transaction, PlacesRepository(transaction))


async def _unless_lost(said: contracts.BookingEvent, bookings: BookingRepository) -> Booking | None:
    """The booking, or None where it is gone: then its end is told by its request alone."""
    try:
        return await bookings.get(said.booking_id, tenants(said))
    except NotFound:
        return None


def tenants(said: Any) -> frozenset[UUID]:
    """The parties of the booking."""
    return for_tenants(said.institution_id, said.provider_id)


OWN_EVENTS = [
    OwnEvent(contracts.BookingRequested, end_unless_known, tenants),
    OwnEvent(contracts.BookingWaitlisted, end_unless_known, tenants),
    OwnEvent(contracts.BookingEnded, end_as_told, tenants),
    OwnEvent(contracts.BookingChanged, remove_as_told, tenants),
    OwnEvent(contracts.LearnerErased, erase_again, lambda said: for_tenants(said.institution_id)),
]
