"""The days of a session."""

from datetime import date, datetime, time, timedelta

import pytest

from bookings.copies.domain import SessionDay


def test_a_day_lasts_from_its_start_to_its_end() -> None:
    assert SessionDay(date(2027, 3, 3), time(9), time(15, 30)).minutes == 390


@pytest.mark.parametrize("overnight", [True, False])
def test_a_night_away_ends_the_next_morning(overnight: bool) -> None:
    day = SessionDay(date(2027, 3, 3), time(20), time(6), overnight=overnight)

    assert day.finishes - day.begins == timedelta(hours=10)
    assert day.finishes == datetime(2027, 3, 4, 6)  # noqa: DTZ001 - English local time
