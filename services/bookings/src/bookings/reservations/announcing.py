"""Bookings told again as they stand."""

from collections.abc import Iterator, Sequence
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession

from bookings.learners.announcing import INSTITUTIONS
from bookings.reservations.domain import events
from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.lifecycle import State
from bookings.reservations.publishing import contract_of
from bookings.reservations.repository.loading import load
from shared.bus.outbox import BEFORE_ALL
from shared.contracts.bookings import EVENTS
from shared.messaging.announcing import Announcement, Page, Said

_PAGE = """
where b.institution_id = any (cast(:tenants as uuid[]))
  and (cast(:after as uuid) is null or b.booking_id > :after)
  and (cast(:since as date) is null or b.last_day >= :since)
order by b.booking_id limit :limit for share of b
"""
_CONFIRMED = frozenset({State.CONFIRMED, State.SUSPENDED, State.SUSPENDED_REVOKED})


async def _bookings(db: AsyncSession, page: Page) -> Sequence[Said]:
    found = await load(db, _PAGE, **page.values())
    return [
        Said(each.id, [(contract, sequence) for event, sequence in _events(each, page.today)
                       if (contract := contract_of(event)) is not None])
        for each in found
    ]  # fmt: skip


def _events(booking: Booking, today: date) -> Iterator[tuple[events.BookingEvent, int]]:
    ids = (
        booking.id, booking.session_id, booking.opportunity_id, booking.institution_id, booking.provider_id,
    )  # fmt: skip
    if booking.state.ended:
        yield events.BookingEnded(*ids, booking.state, booking.reason_codes), booking.version
        return
    if booking.state is State.WAITLISTED:
        return
    # Safeguarding decides once for each booking, so that this is news only where its decision was lost.
    if booking.last_day >= today:
        held_until = booking.held_until or booking.begins_at
        requested = events.BookingRequested(*ids, booking.learners, held_until, booking.decision)
        yield requested, BEFORE_ALL if booking.state in _CONFIRMED else booking.version
    if booking.state in _CONFIRMED:
        learner_ids = tuple(booking.learner_ids)
        confirmed = events.BookingConfirmed(*ids, learner_ids, booking.first_day, booking.last_day)
        yield confirmed, booking.version


ANNOUNCED = Announcement("bookings", EVENTS, INSTITUTIONS, _bookings)
