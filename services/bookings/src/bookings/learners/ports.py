"""What the use cases of learners and cohorts need."""

from collections.abc import Collection
from datetime import datetime
from typing import Protocol
from uuid import UUID

from bookings.learners.domain import Cohort, Learner, LeavingRow, RosterRow


class Roster(Protocol):
    """Opens sealed rows, and keeps how each fared."""

    def open(self, sealed: str) -> RosterRow | LeavingRow:
        """The row. Raises `RowUnreadable`, and `NotYetKnown` while its key is not here."""
        ...

    def pseudonym(self, institution_id: UUID, row: RosterRow | LeavingRow) -> UUID:
        """The id of a learner who is not known yet: by their UPN, or else by the school's own id."""
        ...

    def source_key(self, institution_id: UUID, row: RosterRow | LeavingRow) -> UUID:
        """What stands for the school's own id of the learner."""
        ...

    async def save_progress(
        self, institution_id: UUID, roster_id: UUID, row: int, failure: str | None = None
    ) -> None:
        """The row is applied, or could not be for the reason given as a code."""
        ...


class Learners(Protocol):
    """The institutions' learners; the only place that knows who they are."""

    async def find(self, institution_id: UUID, learner_id: UUID) -> Learner | None: ...

    async def of_source(self, institution_id: UUID, source_key: UUID) -> Learner | None:
        """The learner whom the school's own id has led to before."""
        ...

    async def keep_source(self, institution_id: UUID, source_key: UUID, learner_id: UUID) -> None:
        """From now on the school's own id leads to this learner."""
        ...

    async def save(self, learner: Learner) -> None: ...

    async def keep(self, learner: Learner) -> None:
        """Wait until every booking under way that has read this learner is committed."""
        ...

    async def erase(self, institution_id: UUID, learner_id: UUID) -> None:
        """Forget the learner, and publish that everybody else forgets the pseudonym."""
        ...


class Cohorts(Protocol):
    """The institutions' cohorts."""

    async def add(self, cohort: Cohort, now: datetime) -> int:
        """Save a new cohort of those of its learners who are on roll; how many they are."""
        ...

    async def get(self, institution_id: UUID, cohort_id: UUID) -> Cohort:
        """With its learners on roll. Raises `NotFound`."""
        ...

    async def save(self, cohort: Cohort) -> None:
        """Save a cohort's label. Raises `ConcurrentChange`."""
        ...

    async def members_of(self, cohorts: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[UUID]]:
        """By institution and cohort: whoever is in it and on roll. What is not there has no entry."""
        ...


class RosterUnitOfWork(Protocol):
    """One transaction, as the use cases of rosters see it."""

    roster: Roster
    learners: Learners


class CohortsUnitOfWork(Protocol):
    """One transaction, as the use cases of cohorts see it."""

    now: datetime
    cohorts: Cohorts
