"""What can be asked about rosters."""

from collections.abc import Sequence
from typing import Any, Protocol
from uuid import UUID


class RosterQueries(Protocol):
    """An institution's rosters; the list is newest first, with one row more than `limit` if there is one."""

    async def rosters(self, organisation_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]: ...

    async def roster(self, organisation_id: UUID, roster_id: UUID) -> Any:
        """Raises `NotFound`."""
        ...
