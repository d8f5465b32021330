"""What can be asked about opportunities and sessions."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from opportunities.offers.domain.opportunity import Opportunity
from opportunities.offers.domain.session import Session


class OfferQueries(Protocol):
    """Answers questions about opportunities and sessions."""

    async def published(self, opportunity_id: UUID) -> Opportunity:
        """A published opportunity. Raises `NotFound`."""
        ...

    async def published_session(self, session_id: UUID) -> tuple[Opportunity, Session]:
        """An announced session of a published opportunity. Raises `NotFound`."""
        ...

    async def offered_by(
        self, provider_id: UUID, state: str | None, after: UUID | None, limit: int
    ) -> Sequence[Opportunity]:
        """A provider's opportunities in every state, oldest first."""
        ...

    async def offered(self, provider_id: UUID, opportunity_id: UUID) -> Opportunity:
        """A provider's opportunity in any state. Raises `NotFound`."""
        ...
