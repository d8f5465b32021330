"""What the directory's use cases need from the outside."""

from collections.abc import Set as AbstractSet
from typing import Protocol
from uuid import UUID

from opportunities.areas.domain import Areas
from opportunities.directory.domain import Organisation


class Organisations(Protocol):
    """Keeps organisations."""

    async def find(self, organisation_id: UUID) -> Organisation | None:
        """The organisation, whoever's it is."""
        ...

    async def get(self, organisation_id: UUID, acting_for: AbstractSet[UUID]) -> Organisation:
        """The organisation, its own or registered by one of those acted for. Raises `NotFound`."""
        ...

    async def save(self, organisation: Organisation) -> None:
        """Save it and publish what happened to it."""
        ...


class DirectoryUnitOfWork(Protocol):
    """One transaction of the directory."""

    areas: Areas
    organisations: Organisations
