"""Sessions: days, places, and when they may be planned."""

from datetime import time, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opportunities.offers.domain.session import Day, DaysOutOfOrder, Session, SessionNotInFuture
from tests.opportunities.scenario import TODAY, session


def day(ahead: int, starts: int = 9, ends: int = 15) -> Day:
    return Day(TODAY + timedelta(days=ahead), time(starts), time(ends))


@given(st.sets(st.integers(1, 300), min_size=1, max_size=10).flatmap(lambda s: st.permutations(sorted(s))))
def test_days_stand_in_order_however_they_are_given(ahead: list[int]) -> None:
    planned = Session.plan(uuid4(), 1, tuple(day(number) for number in ahead), (), TODAY)

    assert planned.first_day == TODAY + timedelta(days=min(ahead))
    assert planned.last_day == TODAY + timedelta(days=max(ahead))


@pytest.mark.parametrize("days", [(day(3), day(3, 16, 18)), (day(3, 15, 9),), (day(3, 9, 9),)])
def test_a_day_is_named_once_and_ends_after_it_starts(days: tuple[Day, ...]) -> None:
    with pytest.raises(DaysOutOfOrder):
        Session.plan(uuid4(), 1, days, (), TODAY)


def test_a_session_is_planned_for_a_day_after_today() -> None:
    with pytest.raises(SessionNotInFuture):
        Session.plan(uuid4(), 1, (day(0), day(1)), (), TODAY)


@given(st.integers(1, 5000), st.integers(0, 10_000))
def test_places_left_are_never_fewer_than_none(places: int, taken: int) -> None:
    assert session(places=places, taken=taken).places_left == max(0, places - taken)
