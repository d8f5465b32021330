"""What shows that an experience was meaningful: claims about M1-M5, feedback (M6) and reflections (M7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

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
class Claim:
    """One party's word on one criterion; `measure` is how much its detail shows."""

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


def measure_of(criterion: str, detail: Mapping[str, Any], *, by_provider: bool) -> int:
    """How much a claim's detail shows, in the unit of the criterion's clause in the rule pack."""
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
    """The parties' words together: the stronger holds, unless one of them says it was not met."""
    measures: dict[str, int] = {}
    contested = set()
    for claim in claims:
        measures[claim.criterion] = max(measures.get(claim.criterion, 0), claim.measure)
        if not claim.met:
            contested.add(claim.criterion)
    return {code: 0 if code in contested else measure for code, measure in sorted(measures.items())}


def check_reflection(*, attended: bool, last_day: date | None, already: bool, today: date) -> None:
    """Raises `SessionNotAttended`, `SessionNotOver` or `AlreadyReflected`."""
    if not attended:
        raise SessionNotAttended(field="body.session_id")
    if last_day is not None and today < last_day:
        raise SessionNotOver(field="body.session_id")
    if already:
        raise AlreadyReflected(field="body.session_id")
