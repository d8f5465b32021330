"""School years, and the year group a learner was in on a day."""

from collections.abc import Mapping
from datetime import date


def school_year(day: date) -> int:
    """The calendar year in which the day's school year began, on 1 September."""
    return day.year if day.month >= 9 else day.year - 1


def year_group_on(day: date, by_school_year: Mapping[int, int]) -> int | None:
    """The year group recorded for the day's school year, or for the nearest one: an earlier if there is one.

    A learner who moved up in September stays in last year's group for what was attended in July.
    None where nothing is recorded yet.
    """
    if not by_school_year:
        return None
    wanted = school_year(day)
    earlier = [year for year in by_school_year if year <= wanted]
    return by_school_year[max(earlier) if earlier else min(by_school_year)]
