"""Ages: what rules need to know of a birth date, so that the date itself stays here."""

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

LAST_COMPULSORY_YEAR_GROUP = 11


@dataclass(frozen=True, slots=True)
class LeavingRule:
    """When compulsory school age ends: on the last such weekday (1 is Monday) of the month named,
    in the school year in which the age is reached."""

    age: int
    school_year_begins_in: int
    leaving_month: int
    leaving_weekday: int


def birthday(born: date, age: int) -> date:
    """The day an age is reached; for a 29 February in a common year, the 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def leaving_day(born: date, rule: LeavingRule) -> date:
    """The last day of a person's compulsory school age."""
    reached = birthday(born, rule.age)
    year = reached.year + (reached.month >= rule.school_year_begins_in)
    last = date(year, rule.leaving_month, calendar.monthrange(year, rule.leaving_month)[1])
    return last - timedelta(days=(last.isoweekday() - rule.leaving_weekday) % 7)


def school_year_end(day: date, rule: LeavingRule) -> int:
    """The calendar year in which the school year of this day ends."""
    return day.year + (day.month >= rule.school_year_begins_in)


def year_group_by_age(born: date, day: date, rule: LeavingRule) -> int:
    """The year group of those who go through school with their age: Year 11 is the last compulsory one."""
    return LAST_COMPULSORY_YEAR_GROUP - (leaving_day(born, rule).year - school_year_end(day, rule))


def in_last_two_compulsory_years(born: date, day: date, rule: LeavingRule) -> bool:
    """Whether this day lies in the last two school years of a person's compulsory schooling."""
    leaves = leaving_day(born, rule)
    return date(leaves.year - 2, rule.school_year_begins_in, 1) <= day <= leaves


def days_under_16(born: date, days: Iterable[date]) -> int:
    """On how many of these days a person is under 16."""
    return sum(day < birthday(born, 16) for day in days)


def under_16_throughout(born: date, last_day: date) -> bool:
    """Whether a person is under 16 on every day up to and on the last."""
    return last_day < birthday(born, 16)


def of_compulsory_school_age(born: date, first_day: date, rule: LeavingRule) -> bool:
    """Whether a person is of compulsory school age on the first day: who then is, needs its protection."""
    return first_day <= leaving_day(born, rule)
