"""School years, and the year group a learner was in on a day."""

from collections.abc import Mapping
from datetime import date

_FIRST_MONTH = 9
# A roster that comes in these months may be next year's already.
_SUMMER = range(6, _FIRST_MONTH)

YearGroups = Mapping[date, int]
"""Each year group that was recorded, by the day from which it holds."""


def school_year(day: date) -> int:
    """The calendar year in which the day's school year began, on 1 September."""
    return day.year if day.month >= _FIRST_MONTH else day.year - 1


def first_day(year: int) -> date:
    """The day on which a school year begins."""
    return date(year, _FIRST_MONTH, 1)


def year_group_on(day: date, recorded: YearGroups) -> int | None:
    """The year group that held on the day; before the first one recorded, that one. None where none is."""
    if not recorded:
        return None
    earlier = [since for since in recorded if since <= day]
    return recorded[max(earlier) if earlier else min(recorded)]


def with_year_group(year_group: int, heard_on: date, recorded: YearGroups) -> dict[date, int]:
    """What is recorded once a roster of that day has the learner in this year group.

    No day before `heard_on` changes its year group, but for this: the first that is heard in a school year
    holds from the year's beginning. One year further in summer is next year's, and holds from then on.
    What was to hold later is overtaken by what is heard now.
    """
    now = year_group_on(heard_on, recorded)
    this_year = first_day(school_year(heard_on))
    promoted = now is not None and year_group == now + 1 and heard_on.month in _SUMMER
    if promoted:
        since = first_day(heard_on.year)
    elif any(this_year <= each <= heard_on for each in recorded):
        since = heard_on
    else:
        since = this_year
    overtaken = dict.fromkeys((each for each in recorded if each > since), year_group)
    if year_group == year_group_on(since, recorded) and since == heard_on:
        return {**recorded, **overtaken}
    return {**recorded, since: year_group, **overtaken}
