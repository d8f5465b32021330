"""Clearances: the decision that one booking may go ahead, or not, or needs a person."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from safeguarding.clearances.domain.clearance_rules import (
    GRANTED,
    REFERRED,
    REFUSED,
    Case,
    ClearanceRules,
    Verdict,
    decide,
    may_be_granted,
)
from safeguarding.clearances.domain.dbs import TO_CONSIDER
from shared.kernel import Aggregate, Conflict

REVOKED = "revoked"
ENDED = "ended"
REVIEW = "clearance-review"  # the deadline, due at once, by which a clearance is decided again
BY_A_PERSON = "decided-by-a-person"
OPEN = frozenset({GRANTED, REFERRED, REVOKED})


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
class ClearanceRevoked(ClearanceDecided):
    """What was granted no longer stands, or a person must look at it again."""


@dataclass(frozen=True, slots=True)
class ConditionsSet(ClearanceDecided):
    """Granted as before, by other reasons."""


@dataclass(frozen=True, slots=True)
class ClearanceChanged:
    """Its booking ended, or learners left it: nobody outside this service needs to know it from here."""

    clearance_id: UUID


@dataclass(frozen=True, slots=True)
class CaseChanged(ClearanceChanged):
    """Decided again on other facts, with the same outcome."""


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
    decided_at: datetime
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
        now: datetime,
    ) -> "Clearance":
        """Decide the case by the rules."""
        verdict = decide(case, rules)
        clearance = cls(
            clearance_id, booking_id, session_id, institution_id, provider_id, case, under_16_learners,
            verdict.state, rules.version, verdict.reason_codes, now,
        )  # fmt: skip
        clearance._record(ClearanceDecided)
        return clearance

    def settle(
        self, present: Case, rules: ClearanceRules, now: datetime, *, granted: bool, reason_code: str, by: str
    ) -> None:
        """A person decides what was referred; `present` is the case as it is now, which must still allow it.

        Raises `ClearanceNotReferred`, `AssuranceNotInForce`.
        """
        if self.state != REFERRED:
            raise ClearanceNotReferred
        if granted and not may_be_granted(present, rules):
            raise AssuranceNotInForce
        self.state = GRANTED if granted else REFUSED
        self.reason_codes = tuple(dict.fromkeys([*self.reason_codes, BY_A_PERSON, reason_code]))
        self.decided_by, self.decided_at = by, now
        self._record(ClearanceDecided)

    def decide_again(self, present: Case, rules: ClearanceRules, now: datetime) -> None:
        """Decide by what is known now; nothing follows where that changes nothing.

        A refusal or an end is final, and what a person granted stands unless there is a new reason. Whether
        the site is still trusted is not asked anew: `bookings` follows the events of its assurance.
        """
        if self.state not in OPEN:
            return
        if present.session_cancelled:
            self.end()
            return
        if (present.site_id, present.days) == (self.case.site_id, self.case.days):
            present = replace(present, assurance=self.case.assurance, decided_on=self.case.decided_on)
        verdict = self._with_what_a_person_decided(decide(present, rules), rules)
        # Other bookings of the same adults come and go: what rests on no other fact stays as it was decided.
        same_facts = present.apart_from_other_days() == self.case.apart_from_other_days()
        same_case = same_facts and rules.version == self.rule_version
        if same_case and (self._after(verdict), verdict.reason_codes) == self._outcome:
            return
        was, self.case, self.rule_version = self._outcome, present, rules.version
        self.state, self.reason_codes = self._after(verdict), verdict.reason_codes
        if self._outcome != was:
            self.decided_at = now
            self.decided_by = self.decided_by if BY_A_PERSON in self.reason_codes else None
            self._record(_kind_of_change(was[0], self.state))
        else:
            self.decided_at = now
            self.record(CaseChanged(self.id))

    def end(self) -> None:
        """Its booking will not take place: nobody need decide, and no adult's days count."""
        if self.state in OPEN:
            self.state = ENDED
            self.record(ClearanceChanged(self.id))

    def keep_under_16(self, learners: frozenset[UUID]) -> None:
        """Who of the booking is under 16: without anybody its days do not count for the adults."""
        if learners != self.under_16_learners:
            self.under_16_learners = learners
            self.record(ClearanceChanged(self.id))

    def supervised_days(self) -> set[tuple[UUID, date]]:
        """Each adult and day on which this booking has them supervise a learner under 16."""
        if self.state not in (GRANTED, REFERRED) or not self.under_16_learners:
            return set()
        return {
            (each.supervisor_id, day) for each in self.case.supervisors for day in self.case.days_under_16
        }

    @property
    def _outcome(self) -> tuple[str, tuple[str, ...]]:
        return self.state, self.reason_codes

    def _with_what_a_person_decided(self, verdict: Verdict, rules: ClearanceRules) -> Verdict:
        """What a person granted stands as long as the rules refer it for no other reason.

        That an adult is to be considered is always another: what was decided about one is kept, and asked.
        """
        if verdict.state == REFUSED or self.state != GRANTED or BY_A_PERSON not in self.reason_codes:
            return verdict
        referrals = {*(each.code for each in rules.referrals), TO_CONSIDER} & set(verdict.reason_codes)
        if not referrals <= {*self.reason_codes} - {TO_CONSIDER}:
            return verdict
        said = self.reason_codes[self.reason_codes.index(BY_A_PERSON) :]
        return Verdict(GRANTED, (*verdict.reason_codes, *said))

    def _after(self, verdict: Verdict) -> str:
        """Where a decision made again leads: what was granted once may be granted again, so it is revoked."""
        return REVOKED if verdict.state == REFUSED and self.state != REFERRED else verdict.state

    def _record(self, kind: type[ClearanceDecided]) -> None:
        self.record(
            kind(
                self.id,
                self.booking_id,
                self.institution_id,
                self.provider_id,
                self.state,
                self.rule_version,
                self.reason_codes,
            )
        )


def _kind_of_change(before: str, after: str) -> type[ClearanceDecided]:
    if after == REVOKED or (before, after) == (GRANTED, REFERRED):
        return ClearanceRevoked
    return ConditionsSet if before == after == GRANTED else ClearanceDecided
