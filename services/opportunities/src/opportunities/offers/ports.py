"""What the use cases of offers need from the outside."""

from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from opportunities.copies.domain import ProviderStanding
from opportunities.copies.ports import Copies
from opportunities.directory.ports import Organisations
from opportunities.offers.domain.offer import OfferRules
from opportunities.offers.domain.opportunity import Opportunity


class Opportunities(Protocol):
    """Keeps opportunities with their sessions."""

    async def get(self, opportunity_id: UUID, acting_for: AbstractSet[UUID]) -> Opportunity:
        """The opportunity of a provider acted for. Raises `NotFound`."""
        ...

    async def with_session(self, session_id: UUID, acting_for: AbstractSet[UUID]) -> Opportunity:
        """The opportunity this session is of. Raises `SessionUnknown`, `NotFound`."""
        ...

    async def listed_at(self, provider_id: UUID, site_id: UUID, activity_band: str) -> list[Opportunity]:
        """What is published or suspended at a site in a band of activity."""
        ...

    async def unlist(self, standing: ProviderStanding, reason_code: str) -> None:
        """Suspend whatever the provider has published, or has published at the site, and publish that."""
        ...

    async def relist(
        self,
        standing: ProviderStanding,
        assured_modes: Collection[str],
        assured: Sequence[tuple[UUID, str]],
    ) -> None:
        """Publish again what is suspended there, needs no assurance or has it, and is not suspended still."""
        ...

    async def save(self, opportunity: Opportunity) -> None:
        """Save it and what the listing shows of it, and publish what happened to it."""
        ...

    async def copy_provider_name(self, provider_id: UUID) -> None:
        """Show the provider's present name on all it offers."""
        ...


class OffersUnitOfWork(Protocol):
    """One transaction of what is offered."""

    now: datetime
    today: date
    organisations: Organisations
    opportunities: Opportunities
    copies: Copies

    @property
    def rules(self) -> OfferRules:
        """The rules of offers in force today."""
        ...
