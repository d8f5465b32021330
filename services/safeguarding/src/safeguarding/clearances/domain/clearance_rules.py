"""May this booking go ahead? A pure function of its case and one version of the rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from safeguarding.assurances.domain.trust import AssuranceSnapshot, why_not_trusted
from safeguarding.clearances.domain.dbs import (
    NOT_ACCEPTED,
    TO_CONSIDER,
    DbsAnswer,
    DbsRules,
    Supervisor,
    busiest_period,
    dbs_answer,
    how_settled,
)

RULE_PACK = "clearance"
GRANTED, REFUSED, REFERRED = "granted", "refused", "referred"
ALWAYS = "always"
ENDS_EARLY, TO_BE_RENEWED = "assurance-not-in-force-on-every-day", "assurance-to-be-renewed"


@dataclass(frozen=True, slots=True)
class Learners:
    """How many learners the booking has, and of which ages as far as rules ask."""

    total: int
    under_16: int
    below_school_leaving_age: int
    # For each learner under 16 on how many of the days, the first of them; none in cases of before, where
    # `under_16` says who is so on every day.
    under_16_days: tuple[int, ...] = ()
    need_review: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """Everything a decision rests on; stored with it, so that it can be made again."""

    format: str
    mode: str
    activity_band: str
    accompanied: bool
    days: tuple[date, ...]
    overnight: bool
    session_cancelled: bool
    provider_open: bool
    site_id: UUID | None
    local_authority_code: str | None
    assurance: AssuranceSnapshot | None
    learners: Learners
    supervisors: tuple[Supervisor, ...] = ()
    decided_on: date | None = None  # the day on which it was gathered; earlier releases did not say

    @property
    def days_under_16(self) -> tuple[date, ...]:
        """The days on which any of the learners is under 16."""
        if not self.learners.under_16:
            return ()
        return self.days[: max(self.learners.under_16_days, default=len(self.days))]

    def apart_from_other_days(self) -> "Case":
        """The case without what comes of the adults' other bookings."""
        return replace(self, supervisors=tuple(replace(each, other_days=()) for each in self.supervisors))


@dataclass(frozen=True, slots=True)
class Referral:
    """A reason to let a person decide, or a condition: every fact it names must be so."""

    code: str
    when: dict[str, object]


@dataclass(frozen=True, slots=True)
class ClearanceRules:
    """One version of the clearance pack."""

    version: str
    assurance_of_site: dict[str, str]
    home_codes: tuple[str, ...]
    referrals: tuple[Referral, ...]
    dbs: DbsRules
    specified_modes: tuple[str, ...]
    specified_formats: tuple[str, ...]
    conditions: tuple[Referral, ...] = ()
    assurance_may_be_renewed: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """`granted`, `refused` or `referred`, with the codes of every reason."""

    state: str
    reason_codes: tuple[str, ...]


def decide(case: Case, rules: ClearanceRules) -> Verdict:
    """Decide a case: any refusal refuses, otherwise any referral refers, otherwise it is granted."""
    supported, unsupported = _of_assurance(case, rules)
    answers, unchecked = _of_adults(case, rules.dbs)
    refusals = [*_of_session(case), *unsupported, *(each for each in unchecked if each != TO_CONSIDER)]
    referrals = [*_referrals(case, rules), *(each for each in unchecked if each == TO_CONSIDER)]
    state = REFUSED if refusals else REFERRED if referrals else GRANTED
    conditions = _codes_of(rules.conditions, case, rules)
    codes = [*refusals, *referrals, *supported, *answers, *_of_learners(case, rules), *conditions]
    return Verdict(state, tuple(dict.fromkeys(codes)))


def adults_decided_on(case: Case, rules: ClearanceRules, *, granted: bool) -> tuple[UUID, ...]:
    """The adults of whom a person's decision speaks: who were to be considered.

    Letting a booking go ahead accepts them. Refusing it may be for another reason, and speaks of an adult
    only where there was one adult and nothing else to decide.
    """
    asked = tuple(
        each.supervisor_id for each in case.supervisors if TO_CONSIDER in _of_adult(case, each, rules.dbs)[1]
    )
    alone = len(asked) == 1 and not _referrals(case, rules)
    return asked if granted or alone else ()


def may_be_granted(case: Case, rules: ClearanceRules) -> bool:
    """Whether provider, session and assurance allow the case: asked again before a person grants it."""
    return not [*_of_session(case), *_of_assurance(case, rules)[1]]


def facts_of(case: Case, rules: ClearanceRules) -> dict[str, object]:
    """The facts a referral may name."""
    code = case.local_authority_code
    return {
        "overnight": case.overnight,
        "abroad": code is not None and not code.startswith(rules.home_codes),
        "activity_band": case.activity_band,
        "format": case.format,
        "mode": case.mode,
        "accompanied": case.accompanied,
        "under_16": case.learners.under_16 > 0,
        "below_school_leaving_age": case.learners.below_school_leaving_age > 0,
        "need_review": case.learners.need_review > 0,
    }


def _referrals(case: Case, rules: ClearanceRules) -> list[str]:
    return _codes_of(rules.referrals, case, rules)


def _codes_of(reasons: Iterable[Referral], case: Case, rules: ClearanceRules) -> list[str]:
    facts = facts_of(case, rules)
    return [each.code for each in reasons if each.when.items() <= facts.items()]


def _of_session(case: Case) -> Iterator[str]:
    if not case.provider_open:
        yield "provider-closed"
    if case.session_cancelled:
        yield "session-cancelled"


def _of_assurance(case: Case, rules: ClearanceRules) -> tuple[list[str], list[str]]:
    """Codes for and against: the assurance of the site must be in force on every day."""
    if case.site_id is None:
        needed = rules.assurance_of_site[case.mode] == ALWAYS
        return ([], ["site-not-named"]) if needed else (["no-site-to-assure"], [])
    reason = why_not_trusted(case.assurance, case.days)
    if reason == ENDS_EARLY and rules.assurance_may_be_renewed and _to_be_renewed(case):
        return ["assurance-in-force", TO_BE_RENEWED], []
    return ([], [reason]) if reason else (["assurance-in-force"], [])


def _to_be_renewed(case: Case) -> bool:
    """In force today, and ending before the session begins: until then it is renewed, or the booking waits.

    One that ends within the session would end unseen, for what has begun is not suspended by a lapse.
    """
    assurance, today = case.assurance, case.decided_on
    if assurance is None or today is None:
        return False
    return assurance.valid_from <= today <= assurance.valid_until < min(case.days)


def _of_adults(case: Case, rules: DbsRules) -> tuple[list[str], list[str]]:
    """The answer for each adult as codes, and the codes of what is lacking.

    A case of before the days of adults nobody names were counted has none: the session's own days must do.
    """
    answers, lacking = [], []
    for supervisor in case.supervisors or (None,):
        of_one, lacks = _of_adult(case, supervisor, rules)
        answers += of_one
        lacking += lacks
    return answers, lacking


def _of_adult(case: Case, supervisor: Supervisor | None, rules: DbsRules) -> tuple[list[str], list[str]]:
    if supervisor is not None and not supervisor.named and rules.when_regulated == "required":
        supervisor = None  # these rules look at nobody's other days where nobody is named
    any_under_16 = case.learners.under_16 > 0
    other_days = supervisor.other_days if supervisor else ()
    answer = dbs_answer(
        rules,
        any_under_16=any_under_16,
        days_in_period=busiest_period(case.days_under_16, other_days, rules.period_days),
        overnight=case.overnight,
        supervised=case.accompanied,
    )
    answers, lacking = [answer.value], []
    check = supervisor.check if supervisor else None
    if any_under_16 and check is not None and not check.outcome:
        lacking.append("dbs-outcome-not-clear")
    if answer is DbsAnswer.REQUIRED and (check is None or check.type not in rules.sufficient_checks):
        lacking.append("dbs-check-not-seen" if supervisor else "supervisor-not-named")
    if answer is DbsAnswer.CONSIDER and rules.when_regulated == "consider":
        settled = how_settled(rules, supervisor, max(case.days)) if supervisor else TO_CONSIDER
        (lacking if settled in (TO_CONSIDER, NOT_ACCEPTED) else answers).append(settled)
    return answers, lacking


def _of_learners(case: Case, rules: ClearanceRules) -> Iterator[str]:
    """In a specified place the learner's own work may be regulated activity (KCSIE, work experience)."""
    if case.mode in rules.specified_modes and case.format in rules.specified_formats:
        if case.learners.under_16:
            yield "learner-dbs-not-permitted"
        if case.learners.under_16 < case.learners.total:
            yield "learner-dbs-consider"
