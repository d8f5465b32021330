"""The hours of a session: how long a day may be, when it may begin and end, and days of rest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from opportunities.offers.domain.session import Day


@dataclass(frozen=True, slots=True)
class HoursRule:
    """The hours of learners in certain year groups, by one dated version of the rules.

    A day that is longer than `break_after` has a break in it, which is no part of the longest day.
    """

    code: str
    source: str
    year_groups: frozenset[int]
    earliest: time
    latest: time
    latest_accompanied: time
    longest: timedelta
    break_after: timedelta
    break_of: timedelta
    most_days_in_seven: int

    def why_not(self, days: Sequence[Day], *, accompanied: bool) -> str | None:
        """Why a session may not have these days, in words; None where it may."""
        latest = self.latest_accompanied if accompanied else self.latest
        for day in days:
            if day.starts < self.earliest or day.ends > latest:
                return f"A day lies between {self.earliest:%H:%M} and {latest:%H:%M}"
            if self._spent(day) > self.longest:
                return f"A day has at most {self.longest // timedelta(hours=1)} hours beside its break"
        if _most_in_seven({day.on for day in days}) > self.most_days_in_seven:
            return f"Any seven days have at most {self.most_days_in_seven} days of a session"
        return None

    def _spent(self, day: Day) -> timedelta:
        length = datetime.combine(day.on, day.ends) - datetime.combine(day.on, day.starts)
        return length - self.break_of if length > self.break_after else length


def _most_in_seven(days: set[date]) -> int:
    return max((sum(first <= day < first + timedelta(days=7) for day in days) for first in days), default=0)
