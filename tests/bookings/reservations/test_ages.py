"""Ages: compulsory school age and its end, and no date of birth in the answer."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.reservations.domain.ages import (
    LeavingRule,
    birthday,
    leaving_day,
    of_compulsory_school_age,
    under_16_throughout,
)

RULE = LeavingRule(age=16, school_year_begins_in=9, leaving_month=6, leaving_weekday=5)
born = st.dates(date(2005, 1, 1), date(2020, 12, 31))


@pytest.mark.parametrize(
    ("birth", "leaves"),
    [
        (date(2010, 9, 1), date(2027, 6, 25)),
        (date(2011, 8, 31), date(2027, 6, 25)),
        (date(2011, 9, 1), date(2028, 6, 30)),
        (date(2011, 6, 25), date(2027, 6, 25)),
    ],
)
def test_a_school_year_s_pupils_leave_on_the_last_friday_of_june(birth: date, leaves: date) -> None:
    assert leaving_day(birth, RULE) == leaves


@given(born)
def test_the_leaving_day_is_the_last_friday_in_june_of_the_school_year_of_turning_16(birth: date) -> None:
    leaves = leaving_day(birth, RULE)

    assert (leaves.month, leaves.isoweekday()) == (6, 5)
    assert (leaves + timedelta(days=7)).month == 7
    assert date(leaves.year - 1, 9, 1) <= birthday(birth, 16) <= date(leaves.year, 8, 31)


def test_compulsory_school_age_lasts_through_the_leaving_day() -> None:
    birth = date(2011, 1, 15)

    assert of_compulsory_school_age(birth, date(2027, 6, 25), RULE)
    assert not of_compulsory_school_age(birth, date(2027, 6, 26), RULE)


def test_who_turns_16_on_the_last_day_is_not_under_16_on_every_day() -> None:
    assert under_16_throughout(date(2011, 3, 4), date(2027, 3, 3))
    assert not under_16_throughout(date(2011, 3, 4), date(2027, 3, 4))


def test_who_was_born_on_a_leap_day_comes_of_age_on_the_first_of_march() -> None:
    assert birthday(date(2012, 2, 29), 15) == date(2027, 3, 1)
    assert birthday(date(2012, 2, 29), 16) == date(2028, 2, 29)
