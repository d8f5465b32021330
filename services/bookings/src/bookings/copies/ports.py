"""What the use cases need of the copies."""

from collections.abc import Callable, Collection
from datetime import date
from typing import Protocol
from uuid import UUID

from bookings.copies.commands import CopyOpportunity, CopyOrganisation
from bookings.copies.domain import (
    AssuredSite,
    Institution,
    ProviderStanding,
    ScheduledSession,
    TrustedDays,
)
from bookings.copies.rules import SiteTrustRules


class Copies(Protocol):
    """Facts of other services; an older one than the copy holds changes nothing."""

    async def institutions(self, institution_ids: Collection[UUID]) -> dict[UUID, Institution]:
        """Those of them that are known."""
        ...

    async def copy_organisation(self, organisation: CopyOrganisation) -> None: ...

    async def copy_opportunity(self, opportunity: CopyOpportunity, site_in_question: UUID | None) -> None:
        """With the site whose assurance a booking needs, if any."""
        ...

    async def copy_opportunity_state(self, opportunity_id: UUID, state: str, sequence: int) -> bool:
        """Whether this was new. Raises `NotYetKnown`."""
        ...

    async def copy_session(self, session: ScheduledSession, sequence: int) -> bool:
        """Whether the session was new: it is scheduled once and never changed."""
        ...

    async def copy_cancellation(self, session_id: UUID, sequence: int) -> None:
        """Once every booking that took places before is committed. Raises `NotYetKnown`."""
        ...

    async def copy_assurance(
        self, assurance_id: UUID, site: AssuredSite, state: str, days: TrustedDays, sequence: int
    ) -> bool:
        """Whether this was new."""
        ...

    async def copy_standing(self, standing: ProviderStanding, sequence: int) -> bool:
        """Whether this was new; nothing of the provider is confirmed from here until this ends."""
        ...


class SiteTrust(Protocol):
    """Whether the sites of providers are trusted."""

    async def is_suspended(self, site: AssuredSite) -> bool:
        """Whether the site, or all of its provider, is suspended."""
        ...

    async def trusted_days(self, site: AssuredSite) -> TrustedDays | None:
        """When the site and band is trusted: an assurance is in force, and none is suspended."""
        ...

    async def trusts_session(self, session_id: UUID, *, to_be_renewed: bool) -> bool:
        """Whether it is so on a session's days, where a site is in question; it stays so until this ends.

        With `to_be_renewed` the last day may come after the assurance's.
        """
        ...


class CopiesUnitOfWork(Protocol):
    """One transaction, as the use cases of this capability see it."""

    today: date
    site_trust_rules: Callable[[date], SiteTrustRules]
    copies: Copies
