"""The counting rule: what one learner's day at a workplace is worth, and what it lacks."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class KeyStageRules:
    """What a key stage asks: whose it is, how many minutes, and by which kinds of opportunity."""

    years: tuple[int, ...]
    target_minutes: int
    kinds: tuple[str, ...]
    in_person_needed: bool
    placement_expected: bool


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of the rule pack `guarantee-counting`; each clause's source stands in the pack."""

    pack: str
    version: str
    effective_from: date
    day_minutes: int
    most_minutes_per_day: int
    standard_day_minutes: int
    key_stages: Mapping[str, KeyStageRules]
    in_school_counts: bool
    at_least: Mapping[str, int]

    @classmethod
    def read(cls, pack: str, version: str, effective_from: date, rules: Mapping[str, Any]) -> "Rules":
        """The rules of a pack. Raises `KeyError` where a clause is missing."""
        return cls(
            pack,
            version,
            effective_from,
            rules["day"]["minutes"],
            rules["most_minutes_per_day"]["minutes"],
            rules["standard_day"]["minutes"],
            {
                name: KeyStageRules(
                    tuple(each["years"]),
                    each["target_minutes"],
                    tuple(each["kinds"]),
                    each["in_person_needed"],
                    each["placement_expected"],
                )
                for name, each in rules["key_stages"].items()
            },
            rules["in_school_counts"]["value"],
            {code: each["at_least"] for code, each in rules["criteria"].items()},
        )

    def key_stage_of(self, year_group: int | None) -> str | None:
        """The key stage a year group is in; None where the guarantee does not reach."""
        return next((name for name, stage in self.key_stages.items() if year_group in stage.years), None)

    def unmet(self, measures: Mapping[str, int]) -> tuple[str, ...]:
        """The criteria whose measure falls short, in order."""
        return tuple(code for code, needed in self.at_least.items() if measures.get(code, 0) < needed)


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one learner on one day of one session; None is not known yet.

    `covered_minutes` of the session's hours fall within sessions counted before it on that day,
    `counted_minutes` have been credited on that day before it.
    """

    on: date
    attended_minutes: int
    year_group: int | None
    booking_ended: bool
    session_known: bool
    starts: time | None
    ends: time | None
    kind: str | None
    mode: str | None
    measures: Mapping[str, int]
    covered_minutes: int = 0
    counted_minutes: int = 0

    def inputs(self) -> dict[str, Any]:
        """What a decision keeps to be run again: plain JSON, nothing that shows who it was."""
        return {
            "on": self.on.isoformat(),
            "attended_minutes": self.attended_minutes,
            "year_group": self.year_group,
            "booking_ended": self.booking_ended,
            "session_known": self.session_known,
            "starts": self.starts and self.starts.isoformat(),
            "ends": self.ends and self.ends.isoformat(),
            "kind": self.kind,
            "mode": self.mode,
            "measures": dict(self.measures),
            "covered_minutes": self.covered_minutes,
            "counted_minutes": self.counted_minutes,
        }

    @classmethod
    def of(cls, inputs: Mapping[str, Any]) -> "Evidence":
        """The evidence of a decision's kept inputs."""
        moments = {name: inputs[name] and time.fromisoformat(inputs[name]) for name in ("starts", "ends")}
        return cls(**{**inputs, **moments, "on": date.fromisoformat(inputs["on"])})


@dataclass(frozen=True, slots=True)
class Credit:
    """These minutes count."""

    key_stage: str
    minutes: int
    reason_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Denial:
    """Nothing counts: not yet, while criteria are `missing`, or not at all."""

    key_stage: str | None
    reason_codes: tuple[str, ...]
    missing: tuple[str, ...] = ()


Verdict = Credit | Denial


def assess(evidence: Evidence, rules: Rules) -> Verdict:
    """What this evidence is worth under these rules. The same evidence gives the same answer."""
    key_stage = rules.key_stage_of(evidence.year_group)
    if evidence.attended_minutes == 0:
        return Denial(key_stage, ("absent",))
    if bars := tuple(_bars(evidence, rules, key_stage)):
        return Denial(key_stage, bars)
    waiting, missing = tuple(_awaited(evidence)), rules.unmet(evidence.measures)
    if waiting or missing or key_stage is None:
        return Denial(key_stage, waiting + (("criteria-missing",) if missing else ()), missing)
    return _minutes(evidence, rules, key_stage)


def assess_day(attended: Mapping[UUID, Evidence], rules: Rules) -> dict[UUID, tuple[Evidence, Verdict]]:
    """Assess all one learner attended on one day, by booking, so that no minute counts twice.

    Earlier sessions come first, whatever the order they are given in; each answer has the evidence
    it rests on, with what had been counted before it.
    """
    answers: dict[UUID, tuple[Evidence, Verdict]] = {}
    counted: list[Evidence] = []
    minutes = 0
    for booking_id, known in sorted(attended.items(), key=_by_time):
        evidence = replace(known, covered_minutes=_covered(known, counted), counted_minutes=minutes)
        verdict = assess(evidence, rules)
        if isinstance(verdict, Credit):
            counted.append(evidence)
            minutes += verdict.minutes
        answers[booking_id] = evidence, verdict
    return answers


def _bars(evidence: Evidence, rules: Rules, key_stage: str | None) -> Iterable[str]:
    """What no further evidence could mend."""
    if evidence.on < rules.effective_from:
        yield "before-the-rules"
    if evidence.booking_ended:
        yield "booking-ended"
    if evidence.year_group is not None and key_stage is None:
        yield "year-group-without-guarantee"
    if evidence.kind == "encounter":
        yield "encounter"
    elif evidence.kind and key_stage and evidence.kind not in rules.key_stages[key_stage].kinds:
        yield "kind-not-for-key-stage"
    if evidence.mode == "in_school" and not rules.in_school_counts:
        yield "in-school"


def _awaited(evidence: Evidence) -> Iterable[str]:
    """What another service has not published yet."""
    if evidence.year_group is None:
        yield "learner-not-known-yet"
    if not evidence.session_known:
        yield "session-not-known-yet"
    if evidence.kind is None:
        yield "opportunity-not-known-yet"


def _minutes(evidence: Evidence, rules: Rules, key_stage: str) -> Verdict:
    attended = evidence.attended_minutes
    free = min(attended, max(0, _length(evidence) - evidence.covered_minutes))
    room = max(0, rules.most_minutes_per_day - evidence.counted_minutes)
    if free == 0:
        return Denial(key_stage, ("overlaps-counted-session",))
    if room == 0:
        return Denial(key_stage, ("day-already-full",))
    reasons = ["criteria-met"]
    if free < attended and evidence.covered_minutes:
        reasons.append("limited-by-overlap")
    if room < free:
        reasons.append("limited-to-one-day")
    if attended > rules.standard_day_minutes:
        reasons.append("longer-than-standard-day")
    if evidence.mode in ("in_school", "virtual"):
        reasons.append(str(evidence.mode).replace("_", "-"))
    if evidence.kind == "placement":
        reasons.append("placement")
    return Credit(key_stage, min(free, room), tuple(reasons))


def _by_time(attended: tuple[UUID, Evidence]) -> tuple[time, int, UUID]:
    booking_id, evidence = attended
    return evidence.starts or time.min, -evidence.attended_minutes, booking_id


def _length(evidence: Evidence) -> int:
    """Minutes the session could hold that day: its hours, or what was attended where that is longer."""
    if evidence.starts is None or evidence.ends is None:
        return evidence.attended_minutes
    return max(evidence.attended_minutes, _minute(evidence.ends) - _minute(evidence.starts))


def _covered(evidence: Evidence, counted: Iterable[Evidence]) -> int:
    """Minutes of the session's hours that lie within the hours of sessions counted before it."""
    if evidence.starts is None or evidence.ends is None:
        return 0
    covered: set[int] = set()
    for other in counted:
        if other.starts is not None and other.ends is not None:
            covered.update(
                range(
                    max(_minute(evidence.starts), _minute(other.starts)),
                    min(_minute(evidence.ends), _minute(other.ends)),
                )
            )
    return len(covered)


def _minute(moment: time) -> int:
    return moment.hour * 60 + moment.minute
