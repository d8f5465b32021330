"""What can be asked to be done with opportunities and sessions."""

from dataclasses import dataclass
from uuid import UUID

from opportunities.copies.domain import Assurance, ProviderStanding
from opportunities.offers.domain.offer import Offer
from opportunities.offers.domain.session import Day


@dataclass(frozen=True, slots=True)
class DraftOpportunity:
    """Write a first draft of an opportunity."""

    opportunity_id: UUID
    provider_id: UUID
    offer: Offer


@dataclass(frozen=True, slots=True)
class ReviseOpportunity:
    """Replace the offer of a draft."""

    opportunity_id: UUID
    acting_for: frozenset[UUID]
    expected_version: int
    offer: Offer


@dataclass(frozen=True, slots=True)
class AddSession:
    """Add a dated run to an opportunity."""

    opportunity_id: UUID
    acting_for: frozenset[UUID]
    session_id: UUID
    places: int
    days: tuple[Day, ...]
    supervisor_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class PublishOpportunity:
    """Let an opportunity be found and booked."""

    opportunity_id: UUID
    acting_for: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class WithdrawOpportunity:
    """Take an opportunity back."""

    opportunity_id: UUID
    acting_for: frozenset[UUID]
    reason_code: str


@dataclass(frozen=True, slots=True)
class CancelSession:
    """Call a dated run off."""

    session_id: UUID
    acting_for: frozenset[UUID]
    reason_code: str


@dataclass(frozen=True, slots=True)
class ApplyAssurance:
    """Copy the state of an assurance, and list what is assured now and nothing else."""

    assurance: Assurance


@dataclass(frozen=True, slots=True)
class ApplyStanding:
    """Copy whether a provider or a site is suspended, and list what nothing keeps from the listing."""

    standing: ProviderStanding
    reason_code: str


@dataclass(frozen=True, slots=True)
class BeginAssurance:
    """List what is assured from an assurance's first day on."""

    assurance_id: UUID


@dataclass(frozen=True, slots=True)
class CopyProviderName:
    """Show a provider's present name on all it offers."""

    provider_id: UUID
