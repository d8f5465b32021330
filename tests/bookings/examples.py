"""Bookings and sessions for the tests of the rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from bookings.capacity.domain import Session
from bookings.capacity.rules import PlaceRules
from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.eligibility import BookedLearner, Decision
from bookings.reservations.domain.lifecycle import State

NOW = datetime(2027, 2, 1, 9, tzinfo=UTC)
RULES = PlaceRules(hold=timedelta(minutes=30), referred_hold=timedelta(days=3), smaller_may_pass=False)
SESSION = Session(
    id=UUID(int=1),
    opportunity_id=UUID(int=2),
    provider_id=UUID(int=3),
    kind="workplace_experience",
    format="visit",
    year_groups=frozenset({9, 10}),
    first_day=date(2027, 3, 3),
    last_day=date(2027, 3, 4),
    begins_at=datetime(2027, 3, 3, 9, tzinfo=UTC),
    cancelled=False,
    listed="listed",
    trusted=True,
    places=10,
    taken=0,
    waiting=0,
)
DECISION = Decision("booking-eligibility", "1", ("institution-eligible",), {})


def booking(session: Session = SESSION, *, learners: int = 2, join_waiting_list: bool = False) -> Booking:
    """A booking that was asked for just now."""
    return Booking.request(
        uuid4(),
        UUID(int=4),
        session,
        tuple(BookedLearner(uuid4(), True, True) for _ in range(learners)),
        DECISION,
        NOW,
        rules=RULES,
        join_waiting_list=join_waiting_list,
    )


def booking_in(state: State) -> Booking:
    """A booking that is in the state, however it came there."""
    full = replace(SESSION, taken=10)
    found = booking(full, join_waiting_list=True) if state is State.WAITLISTED else booking()
    found.state = state
    if state is not State.AWAITING_CLEARANCE:
        found.held_until = None
    found.take_events()
    return found
