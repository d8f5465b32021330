"""What the use cases need to copy others' facts, and what other capabilities may ask of the copies."""

from typing import Protocol
from uuid import UUID

from safeguarding.copies.commands import (
    CopyOpportunity,
    CopyOrganisation,
    CopySession,
    CopySessionCancellation,
)


class Copies(Protocol):
    """Stores copies; what is older than the copy changes nothing."""

    async def copy_organisation(self, command: CopyOrganisation) -> None:
        """Store an organisation and its sites."""
        ...

    async def copy_opportunity(self, command: CopyOpportunity) -> None:
        """Store an opportunity."""
        ...

    async def copy_session(self, command: CopySession) -> bool:
        """Store a session, once nobody decides about it; whether this was new."""
        ...

    async def copy_session_cancellation(self, command: CopySessionCancellation) -> bool:
        """Mark a session as cancelled, for good, once nobody decides about it; whether this was new."""
        ...


class Reviews(Protocol):
    """Has clearances decided again that rest on a fact which has changed."""

    async def of_session(self, session_id: UUID) -> None:
        """Those of a session's bookings."""
        ...

    async def of_supervisor(self, provider_id: UUID, supervisor_id: UUID) -> None:
        """Those of the bookings this adult of the provider is still to supervise."""
        ...

    async def of_referred(self, institution_id: UUID, provider_id: UUID) -> None:
        """Those of the institution's bookings at the provider that wait for a person."""
        ...


class KnownProviders(Protocol):
    """What the copies say of providers."""

    async def has_provider(self, provider_id: UUID) -> bool:
        """Whether there is such a provider, open or closed."""
        ...

    async def has_site(self, provider_id: UUID, site_id: UUID, *, open_only: bool) -> bool:
        """Whether this provider has this site."""
        ...

    async def hub_of(self, provider_id: UUID) -> UUID | None:
        """The hub responsible for the provider's area, where it is known."""
        ...


class CopiesUnitOfWork(Protocol):
    """One transaction, as far as copies are concerned."""

    copies: Copies
    reviews: Reviews
