"""What can be read of checklists and assurances."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from safeguarding.assurances.domain.checklists import Answer, Checklist
from safeguarding.assurances.domain.passports import Assurance


class ChecklistQueries(Protocol):
    """Answers queries about the national checklist."""

    def checklist(self, activity_band: str, version: str | None) -> Checklist:
        """A band's checklist in a version, or the one in force today. Raises `NotFound`."""
        ...


class AssuranceQueries(Protocol):
    """Answers queries about assurances."""

    async def assurances(self, provider_id: UUID, after: UUID | None, limit: int) -> Sequence[Assurance]:
        """A provider's assurances, one more than `limit`."""
        ...

    async def own_assurance(
        self, assurance_id: UUID, organisations: frozenset[UUID]
    ) -> tuple[Assurance, Sequence[Answer]]:
        """An assurance of one of these organisations with its latest answers. Raises `NotFound`."""
        ...
