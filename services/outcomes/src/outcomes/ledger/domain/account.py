"""The ledger account of a learner: what was credited, denied and reversed, and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from outcomes.ledger.domain.counting import Credit, Evidence, Rules, Verdict, assess_day
from outcomes.ledger.domain.school_years import with_year_group, year_group_on
from outcomes.ledger.domain.totals import Totals
from shared.kernel import Aggregate, new_id


@dataclass(frozen=True, slots=True)
class Occasion:
    """One day of one session, attended under one booking."""

    booking_id: UUID
    session_id: UUID
    opportunity_id: UUID
    on: date


@dataclass(frozen=True, slots=True)
class Decision:
    """What decided an entry: the rule pack, its reasons, and the inputs to run it again."""

    pack: str
    version: str
    reason_codes: tuple[str, ...]
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the ledger; nothing changes it once it is there.

    `minutes` are those credited, those taken back, or those attended and denied.
    """

    entry_id: UUID
    kind: str
    learner_id: UUID
    institution_id: UUID
    occasion: Occasion
    key_stage: str | None
    minutes: int
    missing: tuple[str, ...]
    decision: Decision
    reverses: UUID | None = None


@dataclass(frozen=True, slots=True)
class Assessment:
    """What an occasion counts at present, and the entry that was made of it."""

    occasion: Occasion
    entry_id: UUID
    credited_minutes: int
    attended_minutes: int
    key_stage: str | None
    missing: tuple[str, ...]
    reason_codes: tuple[str, ...]

    def agrees_with(self, verdict: Verdict) -> bool:
        """Whether this verdict changes nothing."""
        minutes, missing = _worth(verdict)
        return (self.credited_minutes, self.key_stage, self.missing, self.reason_codes) == (
            minutes,
            verdict.key_stage,
            missing,
            verdict.reason_codes,
        )


@dataclass(frozen=True, slots=True)
class Attended:
    """One learner's day at one session, with what shows how meaningful it was."""

    learner_id: UUID
    occasion: Occasion
    evidence: Evidence


@dataclass(slots=True)
class Account(Aggregate):
    """A learner's account, as the institution sees it that the learner is, or was, at.

    `version` is the number of the account's entries, wherever they were made; `present_at` is where
    the learner is now. `year_groups` are history, by the day from which each holds, and `year_group` is the
    one the learner is counted in now. `assessments` holds those of the days that were asked for.
    """

    id: UUID
    learner_id: UUID
    institution_id: UUID
    present_at: UUID
    year_groups: dict[date, int] = field(default_factory=dict)
    year_group: int | None = None
    priority_flags: tuple[str, ...] = ()
    on_roll: bool = False
    totals: dict[str, Totals] = field(default_factory=dict)
    assessments: dict[tuple[UUID, date], Assessment] = field(default_factory=dict)

    def enrol(self, year_group: int, priority_flags: tuple[str, ...], *, on_roll: bool, day: date) -> None:
        """Enrol the learner as the roster has the learner on that day."""
        self.year_groups = with_year_group(year_group, day, self.year_groups)
        self.move_up(day)
        self.priority_flags = priority_flags
        self.on_roll = on_roll

    def leave(self) -> None:
        """The learner is no longer on this institution's roll; what was credited stands."""
        self.on_roll = False

    def move_up(self, today: date) -> None:
        """Count the learner in the year group that holds today; what was entered stands."""
        self.year_group = year_group_on(today, self.year_groups)

    def moves_up_on(self, today: date) -> date | None:
        """The next day on which another year group holds, as far as is known today."""
        return min((since for since in self.year_groups if since > today), default=None)

    def settle(self, attended: Mapping[UUID, tuple[Occasion, Evidence]], rules: Rules) -> None:
        """Assess one day anew, all that was attended on it, and enter what has changed."""
        known = {
            booking: replace(evidence, year_group=year_group_on(evidence.on, self.year_groups))
            for booking, (_, evidence) in attended.items()
        }
        answers = assess_day(known, rules)
        settled = [(attended[booking][0], *answer) for booking, answer in answers.items()]
        # What no longer counts makes room first: the day's sum never stands above its limit.
        for occasion, evidence, verdict in settled:
            self._reverse(occasion, evidence, verdict, rules)
        for occasion, evidence, verdict in settled:
            self._enter(occasion, evidence, verdict, rules)

    def _reverse(self, occasion: Occasion, evidence: Evidence, verdict: Verdict, rules: Rules) -> None:
        before = self.assessments.get((occasion.booking_id, occasion.on))
        if before is None or not before.credited_minutes or before.agrees_with(verdict):
            return
        decision = _decision(evidence, verdict, rules)
        self._add_entry(
            "reversed", occasion, before.key_stage, before.credited_minutes, (), decision, before.entry_id
        )
        self._count(before, -before.credited_minutes)

    def _enter(self, occasion: Occasion, evidence: Evidence, verdict: Verdict, rules: Rules) -> None:
        before = self.assessments.get((occasion.booking_id, occasion.on))
        credited, missing = _worth(verdict)
        unchanged = before is not None and before.agrees_with(verdict)
        if before is not None and unchanged:
            entry_id = before.entry_id
        else:
            kind, minutes = ("credited", credited) if credited else ("denied", evidence.attended_minutes)
            decision = _decision(evidence, verdict, rules)
            entry_id = self._add_entry(kind, occasion, verdict.key_stage, minutes, missing, decision)
        assessment = Assessment(
            occasion,
            entry_id,
            credited,
            evidence.attended_minutes,
            verdict.key_stage,
            missing,
            verdict.reason_codes,
        )
        self.assessments[occasion.booking_id, occasion.on] = assessment
        if not unchanged:
            self._count(assessment, credited)

    def _add_entry(
        self,
        kind: str,
        occasion: Occasion,
        key_stage: str | None,
        minutes: int,
        missing: tuple[str, ...],
        decision: Decision,
        reverses: UUID | None = None,
    ) -> UUID:
        entry_id = new_id()
        self.record(
            Entry(
                entry_id,
                kind,
                self.learner_id,
                self.institution_id,
                occasion,
                key_stage,
                minutes,
                missing,
                decision,
                reverses,
            )
        )
        return entry_id

    def _count(self, assessment: Assessment, minutes: int) -> None:
        if assessment.key_stage is None or not minutes:
            return
        totals = self.totals.get(assessment.key_stage, Totals())
        self.totals[assessment.key_stage] = totals.plus(
            minutes,
            in_person="virtual" not in assessment.reason_codes,
            placement="placement" in assessment.reason_codes,
        )


def _worth(verdict: Verdict) -> tuple[int, tuple[str, ...]]:
    """Minutes credited, and criteria missing."""
    return (verdict.minutes, ()) if isinstance(verdict, Credit) else (0, verdict.missing)


def _decision(evidence: Evidence, verdict: Verdict, rules: Rules) -> Decision:
    return Decision(rules.pack, rules.version, verdict.reason_codes, evidence.inputs())
