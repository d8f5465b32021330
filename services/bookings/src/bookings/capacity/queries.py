"""What can be asked about places."""

from typing import Protocol
from uuid import UUID

from bookings.capacity.domain import SessionPlaces


class PlacesQueries(Protocol):
    """Places as they are now."""

    async def places(self, session_id: UUID) -> SessionPlaces:
        """Raises `SessionUnknown`."""
        ...
