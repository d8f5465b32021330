"""What safeguarding can be asked."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from safeguarding.domain.checklists import Answer
from safeguarding.domain.clearances import Clearance
from safeguarding.domain.passports import Assurance


class Records(Protocol):
    """Answers queries; `organisations` are those the asker acts for. Lists give one more than `limit`."""

    async def assurances(self, provider_id: UUID, after: UUID | None, limit: int) -> Sequence[Assurance]:
        """A provider's assurances: standing and dates."""
        ...

    async def own_assurance(
        self, assurance_id: UUID, organisations: frozenset[UUID]
    ) -> tuple[Assurance, Sequence[Answer]]:
        """An assurance of theirs with its latest answers. Raises `NotFound`."""
        ...

    async def clearance_of(self, booking_id: UUID, organisations: frozenset[UUID]) -> Clearance:
        """The clearance of a booking they have part in. Raises `NotFound`."""
        ...

    async def clearances(
        self, organisations: frozenset[UUID], state: str | None, after: UUID | None, limit: int
    ) -> Sequence[Clearance]:
        """Clearances of bookings of these institutions, oldest first."""
        ...
