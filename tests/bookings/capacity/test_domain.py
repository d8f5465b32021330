"""Whether a session takes bookings, and what many bookings change of its places."""

from dataclasses import replace
from uuid import UUID

import pytest

from bookings.capacity.domain import (
    Holding,
    PlacesChange,
    ProviderSuspended,
    Session,
    SessionNotBookable,
    SessionPlaces,
    total_changes,
)
from tests.bookings.examples import NOW, SESSION


@pytest.mark.parametrize(
    ("session", "reason"),
    [
        (replace(SESSION, cancelled=True), "session-cancelled"),
        (replace(SESSION, begins_at=NOW), "session-begun"),
        (replace(SESSION, listed="withdrawn"), "opportunity-withdrawn"),
        (replace(SESSION, listed="suspended"), "opportunity-suspended"),
        (replace(SESSION, listed=None), "opportunity-not-known"),
    ],
)
def test_a_session_says_why_it_takes_no_bookings(session: Session, reason: str) -> None:
    with pytest.raises(SessionNotBookable) as refused:
        session.must_take_bookings(NOW)

    assert refused.value.facts == {"reason": reason}


def test_a_suspended_provider_takes_no_bookings() -> None:
    with pytest.raises(ProviderSuspended):
        replace(SESSION, trusted=False).must_take_bookings(NOW)


def test_many_bookings_change_a_session_s_places_once() -> None:
    one, two = UUID(int=1), UUID(int=2)
    changes = [
        PlacesChange(one, Holding(2, 0), newcomer=False),
        PlacesChange(two, Holding(1, 0), newcomer=False),
        PlacesChange(one, Holding(-1, 1), newcomer=True),
        PlacesChange(two, Holding(-1, 0), newcomer=False),
    ]

    assert total_changes(changes) == [PlacesChange(one, Holding(1, 1), newcomer=True)]


@pytest.mark.parametrize(
    ("taken", "waiting", "due"), [(9, 1, True), (10, 1, False), (9, 0, False), (10, 0, False)]
)
def test_the_waiting_list_is_looked_at_where_somebody_waits_and_places_are_free(
    taken: int, waiting: int, due: bool
) -> None:
    places = SessionPlaces(UUID(int=1), UUID(int=2), UUID(int=3), 10, taken, waiting, version=7)

    assert (places.promotion_due(NOW) is not None) == due
