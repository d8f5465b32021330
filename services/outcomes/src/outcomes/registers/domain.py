"""Whose day a register is about."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LearnerDay:
    """A learner's day, as one institution sees it; None is every day."""

    institution_id: UUID
    learner_id: UUID
    on: date | None = None
