"""What can be asked about progress: counts and totals that are kept up to date, never computed anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from outcomes.ledger.domain.totals import Totals
from outcomes.progress.domain.counts import Slice, Tally


@dataclass(frozen=True, slots=True)
class InstitutionCounts:
    """An institution's cells: progress by group and band, denials by code."""

    progress: dict[Slice, Tally]
    denials: dict[str, Tally]


@dataclass(frozen=True, slots=True)
class LearnerProgress:
    """One learner's total in the key stage the learner is in."""

    learner_id: UUID
    year_group: int
    totals: Totals


class ProgressQueries(Protocol):
    """Each acts for the one institution it names."""

    async def counts(self, institution_id: UUID, key_stage: str) -> InstitutionCounts:
        """The institution's counts in a key stage."""
        ...

    async def learners(
        self,
        institution_id: UUID,
        key_stage: str,
        years: Sequence[int],
        after: UUID | None,
        limit: int,
    ) -> Sequence[LearnerProgress]:
        """Learners on roll in these years, by id."""
        ...
