"""What shows that an experience was meaningful: statements on M1-M5, feedback (M6), reflections (M7)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from outcomes.copies.domain import BookedIn
from shared.kernel import Conflict, Invalid


class SessionNotAttended(Conflict):
    """A learner reflects on what the learner attended."""

    slug = "session-not-attended"
    title = "No attendance of this learner at this session is known"


class SessionNotOver(Conflict):
    """A reflection follows the experience: not before its last day."""

    slug = "session-not-over"
    title = "The session's last day has not come yet"


class AlreadyReflected(Conflict):
    """One reflection stands for one session."""

    slug = "already-reflected"
    title = "This learner has reflected on this session already"


class LearnerNotInSession(Invalid):
    """Feedback goes to learners who are booked into the session."""

    slug = "learner-not-in-session"
    title = "One of the learners is not booked into this session"


class NobodyPresent(Conflict):
    """Feedback to all present needs a register that shows somebody present."""

    slug = "nobody-present"
    title = "No register of this session shows anybody present yet"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a party states about one of M1-M5."""

    criterion: str
    met: bool
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verified:
    """A statement, how much its detail shows, and how much the rules ask for."""

    statement: Statement
    measure: int
    at_least: int

    @property
    def criterion(self) -> str:
        """Which criterion it is about."""
        return self.statement.criterion

    @property
    def met(self) -> bool:
        """Whether the party states that it was met."""
        return self.statement.met

    @property
    def verified(self) -> bool:
        """Whether it is stated as met and enough is shown."""
        return self.met and self.measure >= self.at_least


@dataclass(frozen=True, slots=True)
class EvidenceGiven:
    """What was stated about a session, by whom."""

    session_id: UUID
    given_by: UUID
    by_provider: bool
    criteria: tuple[Verified, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """A party's statement as it was measured when it was given."""

    criterion: str
    met: bool
    measure: int


@dataclass(frozen=True, slots=True)
class FeedbackGiven:
    """The provider gave feedback to these learners, as the session's `sequence`-th."""

    feedback_id: UUID
    session_id: UUID
    provider_id: UUID
    learner_ids: tuple[UUID, ...]
    sequence: int

    @property
    def learners(self) -> int:
        """To how many it was given."""
        return len(self.learner_ids)


@dataclass(frozen=True, slots=True)
class ReflectionSubmitted:
    """A learner reflected on a session, as the learner's `sequence`-th."""

    reflection_id: UUID
    learner_id: UUID
    institution_id: UUID
    session_id: UUID
    on: date
    sequence: int


def verify(statement: Statement, *, by_provider: bool, at_least: int) -> Verified:
    """The statement, measured, beside what the rules ask for."""
    measure = measure_of(statement.criterion, statement.detail, by_provider=by_provider)
    return Verified(statement, measure, at_least)


def measure_of(criterion: str, detail: Mapping[str, Any], *, by_provider: bool) -> int:
    """How much a statement's detail shows, in the unit of the criterion's clause in the rule pack."""
    match criterion:
        case "M1":
            with_provider = detail.get("purpose_shared_with_provider")
            shared = by_provider if with_provider is None else bool(with_provider)
            return shared + bool(detail.get("purpose_shared_with_learners"))
        case "M2":
            return len(set(detail.get("objective_codes", ())))
        case "M3":
            return int(detail.get("interaction_minutes", 0))
        case "M4":
            return int(detail.get("roles_met", 0))
        case "M5":
            return bool(detail.get("task")) + bool(detail.get("artefact_reference"))
    return 0


def combined(claims: Iterable[Claim]) -> dict[str, int]:
    """The parties' claims together: the stronger holds, unless one of them states that it was not met."""
    measures: dict[str, int] = {}
    contested = set()
    for claim in claims:
        measures[claim.criterion] = max(measures.get(claim.criterion, 0), claim.measure)
        if not claim.met:
            contested.add(claim.criterion)
    return {code: 0 if code in contested else measure for code, measure in sorted(measures.items())}


def chosen(learner_ids: Iterable[UUID], booked: Sequence[BookedIn]) -> list[BookedIn]:
    """These learners, each under a booking. Raises `LearnerNotInSession` for one who has none."""
    wanted = set(learner_ids)
    found: dict[UUID, BookedIn] = {}
    for booking in booked:
        for learner_id in wanted.intersection(booking.learner_ids):
            found[learner_id] = BookedIn(booking.booking_id, booking.institution_id, (learner_id,))
    if wanted - found.keys():
        raise LearnerNotInSession(field="body.learner_ids")
    return list(found.values())


def check_reflection(*, attended: bool, last_day: date | None, already: bool, today: date) -> None:
    """Raises `SessionNotAttended`, `SessionNotOver` or `AlreadyReflected`."""
    if not attended:
        raise SessionNotAttended(field="body.session_id")
    if last_day is not None and today < last_day:
        raise SessionNotOver(field="body.session_id")
    if already:
        raise AlreadyReflected(field="body.session_id")
