"""What can be asked of learners and cohorts, and the answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ListedLearner:
    """A learner as their own institution sees them."""

    id: UUID
    given_name: str
    family_name: str
    year_group: int
    priority_flags: Sequence[str]
    on_roll: bool


@dataclass(frozen=True, slots=True)
class RosterProgress:
    """How a roster's rows have fared so far; `failures` are the first of them."""

    roster_id: UUID
    applied: int
    failed: int
    failures: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class ListedCohort:
    """A cohort and how many of it are on roll."""

    id: UUID
    label: str
    learners: int
    created_at: datetime


class LearnerQueries(Protocol):
    """Every list is in the order of its key, from after the one given."""

    async def learners(
        self,
        institution_id: UUID,
        year_group: int | None,
        priority: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[ListedLearner]:
        """The institution's learners on roll."""
        ...

    async def learner(self, institution_id: UUID, learner_id: UUID) -> ListedLearner:
        """Raises `NotFound`."""
        ...

    async def roster(self, institution_id: UUID, roster_id: UUID) -> RosterProgress:
        """Raises `NotFound` while no row of it has come."""
        ...

    async def cohorts(
        self, institution_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[ListedCohort]: ...

    async def cohort(self, institution_id: UUID, cohort_id: UUID) -> tuple[ListedCohort, Sequence[UUID]]:
        """The cohort and its learners on roll. Raises `NotFound`."""
        ...
