"""What can be asked of evidence."""

from dataclasses import dataclass
from uuid import UUID

from outcomes.evidence.domain import Statement


@dataclass(frozen=True, slots=True)
class GiveEvidence:
    """A party states how a session met M1-M5; its earlier statements on the same criteria are replaced."""

    session_id: UUID
    own_organisation: UUID
    acts_for: frozenset[UUID]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class GiveFeedback:
    """The provider gives feedback to learners of a session; without learners to all who were present."""

    feedback_id: UUID
    session_id: UUID
    acts_for: frozenset[UUID]
    learner_ids: tuple[UUID, ...] | None
    comment: str
    objective_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubmitReflection:
    """A learner reflects on a session the learner attended."""

    reflection_id: UUID
    learner_id: UUID
    institution_id: UUID
    session_id: UUID
    text: str
    objective_codes: tuple[str, ...]
    skills: tuple[str, ...]
