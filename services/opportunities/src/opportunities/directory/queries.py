"""What can be asked of the directory."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from opportunities.directory.domain import Organisation


class DirectoryQueries(Protocol):
    """Answers questions about organisations."""

    async def organisation(self, organisation_id: UUID) -> Organisation:
        """An organisation. Raises `NotFound`."""
        ...

    async def organisations(
        self, kind: str | None, area_code: str | None, after: tuple[str, UUID] | None, limit: int
    ) -> Sequence[Organisation]:
        """Organisations by name."""
        ...
