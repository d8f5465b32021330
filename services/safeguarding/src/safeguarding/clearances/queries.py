"""What can be read of clearances."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from safeguarding.clearances.domain.clearance import Clearance


class ClearanceQueries(Protocol):
    """Answers queries about clearances; `organisations` are those the caller acts for."""

    async def clearance_of(self, booking_id: UUID, organisations: frozenset[UUID]) -> Clearance:
        """The clearance of a booking one of them is a party to. Raises `NotFound`."""
        ...

    async def clearances(
        self, organisations: frozenset[UUID], state: str | None, after: UUID | None, limit: int
    ) -> Sequence[Clearance]:
        """Clearances of these institutions' bookings, oldest first, one more than `limit`."""
        ...
