"""What can be asked about the words a learner was given or wrote."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class FeedbackReceived:
    """Feedback as one learner was given it."""

    feedback_id: UUID
    session_id: UUID
    provider_id: UUID
    comment: str
    objective_codes: Sequence[str]
    given_at: datetime


@dataclass(frozen=True, slots=True)
class ReflectionWritten:
    """What a learner wrote on a session."""

    reflection_id: UUID
    session_id: UUID
    text: str
    objective_codes: Sequence[str]
    skills: Sequence[str]
    submitted_on: date


class EvidenceQueries(Protocol):
    """Each acts for the one institution it names; None where the learner is not that institution's."""

    async def feedback(
        self, institution_id: UUID, learner_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[FeedbackReceived] | None:
        """The feedback the learner was given, in order of time."""
        ...

    async def reflections(
        self, institution_id: UUID, learner_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[ReflectionWritten] | None:
        """What the learner wrote, in order of time."""
        ...
