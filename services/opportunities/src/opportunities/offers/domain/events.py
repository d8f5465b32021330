"""What happens to an opportunity and its sessions, as values that do not change afterwards."""

from dataclasses import dataclass
from uuid import UUID

from opportunities.offers.domain.offer import Offer
from opportunities.offers.domain.session import Session


@dataclass(frozen=True, slots=True)
class OpportunityChanged:
    """A draft was written, revised, or given up: it concerns nobody else and is not published."""

    opportunity_id: UUID
    provider_id: UUID


@dataclass(frozen=True, slots=True)
class OpportunityPublished:
    """It may be found and booked."""

    opportunity_id: UUID
    provider_id: UUID
    offer: Offer


@dataclass(frozen=True, slots=True)
class OpportunitySuspended:
    """It is out of the listing because its site is not assured."""

    opportunity_id: UUID
    provider_id: UUID
    reason_code: str


@dataclass(frozen=True, slots=True)
class OpportunityReinstated:
    """It is assured again and back in the listing."""

    opportunity_id: UUID
    provider_id: UUID


@dataclass(frozen=True, slots=True)
class OpportunityWithdrawn:
    """The provider took it back."""

    opportunity_id: UUID
    provider_id: UUID
    reason_code: str


@dataclass(frozen=True, slots=True)
class SessionScheduled:
    """A dated run takes bookings."""

    opportunity_id: UUID
    provider_id: UUID
    site_id: UUID | None
    session: Session


@dataclass(frozen=True, slots=True)
class SessionCancelled:
    """A dated run that was announced will not take place."""

    opportunity_id: UUID
    provider_id: UUID
    session_id: UUID
    reason_code: str
