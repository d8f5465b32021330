"""Who may be booked onto what: a decision on facts and dated rules, kept with the booking."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from bookings.capacity.domain import Session
from bookings.copies.domain import Institution
from bookings.reservations.domain.ages import (
    LeavingRule,
    days_under_16,
    in_last_two_compulsory_years,
    of_compulsory_school_age,
    under_16_throughout,
    year_group_by_age,
)
from shared.kernel import Conflict, Invalid

OVER_COMPULSORY_AGE = "over-compulsory-school-age"


class InstitutionNotEligible(Invalid):
    """The institution is not known, is closed, or is of a type the platform does not serve."""

    slug = "institution-not-eligible"
    title = "The institution may not book"


class YearGroupNotOffered(Invalid):
    """The opportunity is meant for other year groups."""

    slug = "year-group-not-offered"
    title = "The opportunity is not offered to this year group"


class PlacementNotLawful(Invalid):
    """A child may work in a placement only in the last two years of compulsory schooling."""

    slug = "placement-not-lawful"
    title = "A placement is not lawful before the last two years of compulsory schooling"


class LearnerAlreadyBooked(Conflict):
    """A learner has a booking in this session, or waits for one."""

    slug = "learner-already-booked"
    title = "A learner is booked in this session already"


class LearnerBusy(Conflict):
    """A learner is booked elsewhere at the same time."""

    slug = "learner-busy"
    title = "A learner is booked elsewhere at the same time"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learner somebody wants to book, and how their days stand."""

    learner_id: UUID
    year_group: int
    birth_date: date = field(repr=False)
    booked: bool
    busy: bool
    flags: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class BookedLearner:
    """A learner on a booking, with the facts about age other rules need."""

    learner_id: UUID
    under_16_on_every_day: bool
    of_compulsory_school_age: bool
    under_16_days: int | None = None
    in_last_two_compulsory_years: bool | None = None
    needs_review: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """What the rules said, with what is needed to ask them again."""

    rule_pack: str
    version: str
    reason_codes: tuple[str, ...]
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlacementRule:
    """Which formats and kinds are placements, and who may do them.

    By year group in the first version; since then by age, where `year_groups` is None.
    """

    rule: str
    source: str
    formats: frozenset[str]
    kinds: frozenset[str]
    year_groups: frozenset[int] | None

    def covers(self, session: Session) -> bool:
        return session.format in self.formats or session.kind in self.kinds


@dataclass(frozen=True, slots=True)
class InstitutionRule:
    """Which types of institution may book."""

    rule: str
    source: str
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class EligibilityRules:
    """One version of the rules."""

    rule_pack: str
    version: str
    placement: PlacementRule
    institutions: InstitutionRule
    leaving: LeavingRule
    review_flags: frozenset[str] = frozenset()

    def cited(self, rule: PlacementRule | InstitutionRule) -> dict[str, str]:
        """The facts of an answer that rests on a rule."""
        return {
            "rule": rule.rule,
            "source": rule.source,
            "rule_pack": self.rule_pack,
            "version": self.version,
        }


def decide(
    rules: EligibilityRules,
    institution: Institution | None,
    session: Session,
    candidates: Sequence[Candidate],
) -> Decision:
    """Whether the institution may book these learners; the decision, when it may.

    Raises `InstitutionNotEligible`, `PlacementNotLawful`, `YearGroupNotOffered`,
    `LearnerAlreadyBooked`, `LearnerBusy`.
    """
    _must_be_eligible(rules, institution)
    reasons = ["institution-eligible", "year-group-offered"]
    placement = rules.placement.covers(session)
    if placement:
        if others := [c for c in candidates if not _may_be_placed(c, session, rules)]:
            raise PlacementNotLawful(**_named(others), **rules.cited(rules.placement))
        reasons += sorted({_placed_by(c, session, rules) for c in candidates})
    if others := [c for c in candidates if not _year_groups(c, session, rules) & session.year_groups]:
        raise YearGroupNotOffered(**_named(others), year_groups=sorted(session.year_groups))
    if others := [c for c in candidates if c.booked]:
        raise LearnerAlreadyBooked(**_named(others))
    if others := [c for c in candidates if c.busy]:
        raise LearnerBusy(**_named(others))
    inputs = {
        "institution_type": institution.institution_type if institution else None,
        "kind": session.kind,
        "format": session.format,
        "year_groups": sorted(session.year_groups),
        "learners": {str(c.learner_id): _facts(c, session, rules) for c in candidates},
    }
    return Decision(rules.rule_pack, rules.version, tuple(reasons), inputs)


def booked(
    learner_id: UUID,
    birth_date: date,
    flags: Iterable[str],
    days: Sequence[date],
    rules: EligibilityRules,
) -> BookedLearner:
    """A learner on a booking: what follows from age on the session's days, without the birth date."""
    first_day, last_day = days[0], days[-1]
    return BookedLearner(
        learner_id,
        under_16_throughout(birth_date, last_day),
        of_compulsory_school_age(birth_date, first_day, rules.leaving),
        days_under_16(birth_date, days),
        in_last_two_compulsory_years(birth_date, first_day, rules.leaving),
        not rules.review_flags.isdisjoint(flags),
    )


def _may_be_placed(candidate: Candidate, session: Session, rules: EligibilityRules) -> bool:
    """Lawful in the last two compulsory years; after them the law on employing children does not bind."""
    if rules.placement.year_groups is not None:
        return candidate.year_group in rules.placement.year_groups
    born, day = candidate.birth_date, session.first_day
    return in_last_two_compulsory_years(born, day, rules.leaving) or not of_compulsory_school_age(
        born, day, rules.leaving
    )


def _placed_by(candidate: Candidate, session: Session, rules: EligibilityRules) -> str:
    by_year_group = rules.placement.year_groups is not None
    if by_year_group or of_compulsory_school_age(candidate.birth_date, session.first_day, rules.leaving):
        return rules.placement.rule
    return OVER_COMPULSORY_AGE


def _year_groups(candidate: Candidate, session: Session, rules: EligibilityRules) -> set[int]:
    """The learner's own year group; for a placement by age also the one of those of the same age."""
    own = {candidate.year_group}
    if rules.placement.year_groups is not None or not rules.placement.covers(session):
        return own
    return own | {year_group_by_age(candidate.birth_date, session.first_day, rules.leaving)}


def _facts(candidate: Candidate, session: Session, rules: EligibilityRules) -> Any:
    """What the decision used of a learner, to ask again."""
    if rules.placement.year_groups is not None:
        return candidate.year_group
    born, day = candidate.birth_date, session.first_day
    return {
        "year_group": candidate.year_group,
        "year_group_by_age": year_group_by_age(born, day, rules.leaving),
        "of_compulsory_school_age": of_compulsory_school_age(born, day, rules.leaving),
        "in_last_two_compulsory_years": in_last_two_compulsory_years(born, day, rules.leaving),
    }


def _must_be_eligible(rules: EligibilityRules, institution: Institution | None) -> None:
    cited = rules.cited(rules.institutions)
    if institution is None or institution.kind != "institution":
        raise InstitutionNotEligible("The register knows no such institution", reason="not-known", **cited)
    if not institution.open:
        raise InstitutionNotEligible("The institution is closed", reason="closed", **cited)
    if institution.institution_type not in rules.institutions.types:
        raise InstitutionNotEligible(
            "Institutions of this type do not book", reason="type-not-covered", **cited
        )


def _named(candidates: Iterable[Candidate]) -> dict[str, Any]:
    return {"learner_ids": sorted(str(each.learner_id) for each in candidates)}
