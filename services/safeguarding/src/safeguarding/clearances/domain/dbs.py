"""Which adults need a DBS check before they supervise: days in a rolling period, ages, nights."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from uuid import UUID

from safeguarding.supervisors.domain import DbsCheck


class DbsAnswer(Enum):
    """May a check be asked for, and must it? The value is the reason code."""

    REQUIRED = "dbs-required"
    CONSIDER = "dbs-consider"
    NOT_REQUIRED = "dbs-not-required"
    NOT_PERMITTED = "dbs-not-permitted"


@dataclass(frozen=True, slots=True)
class DbsRules:
    """When supervising children is regulated activity, by one dated version of the law."""

    period_days: int
    more_than_days: int
    overnight_counts: bool
    supervision_exempts: bool
    sufficient_checks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Supervisor:
    """An adult by pseudonym, with the days on which other bookings have them supervise under-16s."""

    supervisor_id: UUID
    other_days: tuple[date, ...] = ()
    check: DbsCheck | None = None


def busiest_period(session_days: Iterable[date], other_days: Iterable[date], period_days: int) -> int:
    """The most distinct days in any `period_days` running days with a day of the session among them."""
    own = set(session_days)
    every = own | set(other_days)
    length = timedelta(days=period_days - 1)
    periods = [{day for day in every if first <= day <= first + length} for first in every]
    return max((len(period) for period in periods if period & own), default=0)


def dbs_answer(
    rules: DbsRules, *, any_under_16: bool, days_in_period: int, overnight: bool, supervised: bool
) -> DbsAnswer:
    """Whether an adult needs an enhanced check with the children's barred list.

    It may not be asked of those who supervise learners of 16 and 17 only (KCSIE, work experience).
    """
    if not any_under_16:
        return DbsAnswer.NOT_PERMITTED
    frequent = days_in_period > rules.more_than_days or (overnight and rules.overnight_counts)
    if not frequent:
        return DbsAnswer.NOT_REQUIRED
    return DbsAnswer.CONSIDER if supervised and rules.supervision_exempts else DbsAnswer.REQUIRED
