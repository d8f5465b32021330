"""Which adults need a DBS check before they supervise: days in a rolling period, ages, nights."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from typing import Final
from uuid import UUID, uuid5

from safeguarding.supervisors.domain import DbsCheck, NoCheckNeeded
from shared.kernel import Invalid

UNNAMED: Final = UUID("5c7a1f0e-6a55-5d0e-9d1b-3f0c2b6f9e11")  # the namespace of ids for adults nobody names
# What settles that a check is to be considered; where nothing does, a person is asked.
CHECK_SEEN, STATED, ACCEPTED = "dbs-check-seen", "dbs-stated-not-needed", "adult-accepted-by-lead"
TO_CONSIDER, NOT_ACCEPTED = "adult-to-be-considered", "adult-not-accepted-by-lead"


class ServesUntilOutOfRange(Invalid):
    """A decision about an adult serves at least its own session, and no longer than the rules allow."""

    slug = "serves-until-out-of-range"
    title = "The decision cannot serve until that day"


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
    # What regulated activity leads to: `required`, or `consider` where the law does not say that it must.
    when_regulated: str = "required"
    grounds: tuple[str, ...] = ()
    decision_serves_days: int = 0


@dataclass(frozen=True, slots=True)
class AdultDecision:
    """What a school's safeguarding lead decided about an adult at a site, for sessions until its last day."""

    accepted: bool
    reason_code: str
    decided_on: date
    serves_until: date

    @classmethod
    def by_a_lead(
        cls,
        rules: "DbsRules",
        accepted: bool,
        reason_code: str,
        today: date,
        last_day: date,
        serves_until: date | None,
    ) -> "AdultDecision":
        """Decided today on a session that ends on `last_day`. Raises `ServesUntilOutOfRange`."""
        longest = max(today + timedelta(days=rules.decision_serves_days), last_day)
        until = longest if serves_until is None else serves_until
        if not last_day <= until <= longest:
            raise ServesUntilOutOfRange(
                f"It may lie between {last_day} and {longest}", field="body.serves_until"
            )
        return cls(accepted, reason_code, today, until)


@dataclass(frozen=True, slots=True)
class Supervisor:
    """An adult by pseudonym, with the days on which other bookings have them supervise under-16s.

    Not `named`: whoever it is where a session names nobody, one and the same adult for a site.
    """

    supervisor_id: UUID
    other_days: tuple[date, ...] = ()
    check: DbsCheck | None = None
    named: bool = True
    no_check_needed: NoCheckNeeded | None = None
    decision: AdultDecision | None = None


def unnamed_adult(provider_id: UUID, site_id: UUID | None) -> UUID:
    """The pseudonym of whoever supervises where a session of this site names nobody."""
    return uuid5(UNNAMED, f"{provider_id} {site_id}")


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
    if rules.when_regulated == "consider" or (supervised and rules.supervision_exempts):
        return DbsAnswer.CONSIDER
    return DbsAnswer.REQUIRED


def how_settled(rules: DbsRules, supervisor: Supervisor, last_day: date) -> str:
    """What settles, for a session that ends on `last_day`, that a check is to be considered, as a code."""
    if supervisor.check is not None and supervisor.check.type in rules.sufficient_checks:
        return CHECK_SEEN
    if supervisor.no_check_needed is not None and supervisor.no_check_needed.ground in rules.grounds:
        return STATED
    decision = supervisor.decision
    if decision is None or decision.serves_until < last_day:
        return TO_CONSIDER
    return ACCEPTED if decision.accepted else NOT_ACCEPTED
