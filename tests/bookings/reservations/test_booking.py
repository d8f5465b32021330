"""Bookings: what they hold, who leaves, who may end them."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from bookings.capacity.domain import Holding, NoPlacesLeft
from bookings.reservations.domain.booking import BookingStateForbids, LearnerNotOnBooking, NotTheAsker
from bookings.reservations.domain.events import BookingChanged, BookingEnded
from bookings.reservations.domain.lifecycle import State
from tests.bookings.examples import SESSION, booking, booking_in


def test_a_request_holds_its_places() -> None:
    assert booking(learners=3).holding == Holding(places=3, waiting=0)


def test_a_request_beyond_the_places_left_is_refused_with_the_figures() -> None:
    with pytest.raises(NoPlacesLeft) as refused:
        booking(replace(SESSION, taken=9), learners=2)

    assert refused.value.facts == {"places_left": 1, "places_asked": 2, "waiting": 0}


def test_nobody_passes_those_who_wait() -> None:
    with pytest.raises(NoPlacesLeft):
        booking(replace(SESSION, taken=8, waiting=1), learners=1)


def test_a_booking_on_the_waiting_list_holds_nothing() -> None:
    waiting = booking(replace(SESSION, taken=10), join_waiting_list=True)

    assert waiting.state is State.WAITLISTED
    assert waiting.holding == Holding(places=0, waiting=1)


def test_nobody_waits_where_there_is_room() -> None:
    assert booking(join_waiting_list=True).state is State.AWAITING_CLEARANCE


@pytest.mark.parametrize("state", [State.CONFIRMED, State.EXPIRED, State.WITHDRAWN])
def test_withdrawing_is_for_what_is_not_confirmed(state: State) -> None:
    with pytest.raises(BookingStateForbids):
        booking_in(state).withdraw()


@pytest.mark.parametrize("state", [State.AWAITING_CLEARANCE, State.WAITLISTED, State.CANCELLED])
def test_cancelling_is_for_what_is_confirmed(state: State) -> None:
    with pytest.raises(BookingStateForbids):
        booking_in(state).cancel("school-trip", date(2027, 2, 1))


def test_nobody_cancels_what_is_over() -> None:
    with pytest.raises(BookingStateForbids):
        booking_in(State.CONFIRMED).cancel("school-trip", SESSION.last_day + timedelta(days=1))


def test_only_the_asking_institution_takes_a_booking_back() -> None:
    with pytest.raises(NotTheAsker):
        booking().must_be_asked_by({SESSION.provider_id})


def test_some_learners_leave() -> None:
    confirmed = booking_in(State.CONFIRMED)
    leaving, staying = confirmed.learner_ids

    confirmed.depart({leaving}, "all-learners-left")

    assert confirmed.learner_ids == [staying]
    ((sequence, changed),) = confirmed.take_events()
    assert isinstance(changed, BookingChanged)
    assert (sequence, changed.removed_learner_ids) == (2, (leaving,))
    assert [each.learner_id for each in changed.learners] == [staying]


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (State.WAITLISTED, State.WITHDRAWN),
        (State.AWAITING_CLEARANCE, State.WITHDRAWN),
        (State.CONFIRMED, State.CANCELLED),
        (State.SUSPENDED, State.CANCELLED),
        (State.SUSPENDED_AWAITING, State.WITHDRAWN),
        (State.SUSPENDED_CLEARED, State.WITHDRAWN),
        (State.SUSPENDED_REVOKED, State.CANCELLED),
    ],
)
def test_a_booking_without_learners_ends(state: State, end: State) -> None:
    left = booking_in(state)

    left.depart(set(left.learner_ids), "all-learners-left")

    assert left.state is end
    assert left.holding == Holding(0, 0)
    assert [type(event) for _, event in left.take_events()] == [BookingEnded]


def test_who_is_not_on_the_booking_cannot_leave_it() -> None:
    with pytest.raises(LearnerNotOnBooking):
        booking().depart({uuid4()}, "all-learners-left")
