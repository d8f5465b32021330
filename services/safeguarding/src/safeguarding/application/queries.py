"""What safeguarding can be asked."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from safeguarding.domain.clearances import Clearance


class Records(Protocol):
    """Answers queries; `organisations` are those the asker acts for. Lists give one more than `limit`."""

    async def clearance_of(self, booking_id: UUID, organisations: frozenset[UUID]) -> Clearance:
        """The clearance of a booking they have part in. Raises `NotFound`."""
        ...

    async def clearances(
        self, organisations: frozenset[UUID], state: str | None, after: UUID | None, limit: int
    ) -> Sequence[Clearance]:
        """Clearances of bookings of these institutions, oldest first."""
        ...
