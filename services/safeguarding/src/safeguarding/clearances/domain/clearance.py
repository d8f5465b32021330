"""Clearances: the decision that one booking may go ahead, or not, or needs a person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from safeguarding.clearances.domain.clearance_rules import (
    GRANTED,
    REFERRED,
    REFUSED,
    Case,
    ClearanceRules,
    decide,
    may_be_granted,
)
from shared.kernel import Aggregate, Conflict

ENDED = "ended"


class ClearanceNotReferred(Conflict):
    """A person decides only what the rules referred, once, while its booking has not ended."""

    slug = "clearance-not-referred"
    title = "The clearance does not wait for a person"


class AssuranceNotInForce(Conflict):
    """Since it was referred, the assurance it rests on has been suspended or has lapsed."""

    slug = "assurance-not-in-force"
    title = "The assurance this booking rests on is no longer in force"


@dataclass(frozen=True, slots=True)
class ClearanceDecided:
    """Granted, refused or referred: by the rules or by a person."""

    clearance_id: UUID
    booking_id: UUID
    institution_id: UUID
    provider_id: UUID
    state: str
    rule_version: str
    reason_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClearanceChanged:
    """Its booking ended, or learners left it: nobody outside this service needs to know it from here."""

    clearance_id: UUID


@dataclass(slots=True)
class Clearance(Aggregate):
    """One booking's clearance, with the case it was decided on."""

    id: UUID
    booking_id: UUID
    session_id: UUID
    institution_id: UUID
    provider_id: UUID
    case: Case
    under_16_learners: frozenset[UUID]
    state: str
    rule_version: str
    reason_codes: tuple[str, ...]
    decided_by: str | None = None

    @classmethod
    def decided(
        cls,
        clearance_id: UUID,
        booking_id: UUID,
        session_id: UUID,
        institution_id: UUID,
        provider_id: UUID,
        case: Case,
        under_16_learners: frozenset[UUID],
        rules: ClearanceRules,
    ) -> "Clearance":
        """Decide the case by the rules."""
        verdict = decide(case, rules)
        clearance = cls(
            clearance_id, booking_id, session_id, institution_id, provider_id, case, under_16_learners,
            verdict.state, rules.version, verdict.reason_codes,
        )  # fmt: skip
        clearance._record_decision()
        return clearance

    def settle(
        self, present: Case, rules: ClearanceRules, *, granted: bool, reason_code: str, by: str
    ) -> None:
        """A person decides what was referred; `present` is the case as it is now, which must still allow it.

        Raises `ClearanceNotReferred`, `AssuranceNotInForce`.
        """
        if self.state != REFERRED:
            raise ClearanceNotReferred
        if granted and not may_be_granted(present, rules):
            raise AssuranceNotInForce
        self.state = GRANTED if granted else REFUSED
        self.reason_codes = tuple(dict.fromkeys([*self.reason_codes, "decided-by-a-person", reason_code]))
        self.decided_by = by
        self._record_decision()

    def end(self) -> None:
        """Its booking will not take place: nobody need decide, and no adult's days count."""
        if self.state in (GRANTED, REFERRED):
            self.state = ENDED
            self.record(ClearanceChanged(self.id))

    def remove_learners(self, removed: Iterable[UUID]) -> None:
        """Learners left the booking: without any under 16, its days no longer count for the adults."""
        remaining = self.under_16_learners - frozenset(removed)
        if remaining != self.under_16_learners:
            self.under_16_learners = remaining
            self.record(ClearanceChanged(self.id))

    def supervised_days(self) -> set[tuple[UUID, date]]:
        """Each adult and day on which this booking has them supervise a learner under 16."""
        if self.state not in (GRANTED, REFERRED) or not self.under_16_learners:
            return set()
        return {(each.supervisor_id, day) for each in self.case.supervisors for day in self.case.days}

    def _record_decision(self) -> None:
        self.record(
            ClearanceDecided(
                self.id,
                self.booking_id,
                self.institution_id,
                self.provider_id,
                self.state,
                self.rule_version,
                self.reason_codes,
            )
        )
