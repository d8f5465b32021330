"""What copying needs from the outside."""

from datetime import date
from typing import Protocol
from uuid import UUID

from opportunities.copies.domain import Assurance, ProviderStanding


class Copies(Protocol):
    """Keeps the newest of each fact: an older one never replaces it."""

    async def copy_assurance(self, assurance: Assurance) -> None:
        """Copy an assurance and wait for its first day where that lies ahead."""
        ...

    async def assurance(self, assurance_id: UUID) -> Assurance | None:
        """One assurance."""
        ...

    async def assurances(self, provider_id: UUID, site_id: UUID, activity_band: str) -> list[Assurance]:
        """All of a site and band; they stay as they are until this transaction ends."""
        ...

    async def assured_sites(self, provider_id: UUID, on: date) -> list[tuple[UUID, str]]:
        """The provider's sites and bands that are trusted on a day."""
        ...

    async def copy_standing(self, standing: ProviderStanding) -> bool:
        """Copy whether a provider or a site is suspended; whether this was new."""
        ...

    async def is_suspended(self, provider_id: UUID, site_id: UUID | None) -> bool:
        """Whether the provider or the site is suspended; it stays so until this transaction ends."""
        ...

    async def copy_places_taken(self, session_id: UUID, taken: int, sequence: int) -> None:
        """Copy how many places of a session are taken."""
        ...

    async def copy_framework(
        self, framework: str, version: str, objective_codes: tuple[str, ...], sequence: int
    ) -> None:
        """Copy a framework's learning objectives."""
        ...

    async def objective_codes(self) -> frozenset[str] | None:
        """Objectives of every framework; None while no framework has arrived."""
        ...


class CopiesUnitOfWork(Protocol):
    """One transaction in which facts are copied."""

    copies: Copies
