"""Sessions as one asks for them."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from bookings.domain.sessions import (
    ProviderSuspended,
    Session,
    SessionDay,
    SessionNotBookable,
)
from tests.bookings.domain.making import NOW, SESSION


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


def test_a_day_lasts_from_its_start_to_its_end() -> None:
    assert SessionDay(date(2027, 3, 3), time(9), time(15, 30)).minutes == 390


@pytest.mark.parametrize("overnight", [True, False])
def test_a_night_away_ends_the_next_morning(overnight: bool) -> None:
    day = SessionDay(date(2027, 3, 3), time(20), time(6), overnight=overnight)

    assert day.finishes - day.begins == timedelta(hours=10)
    assert day.finishes == datetime(2027, 3, 4, 6)  # noqa: DTZ001 - English local time
