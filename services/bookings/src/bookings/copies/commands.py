"""Facts to copy from other services; of each, the one with the highest sequence holds."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CopyOrganisation:
    """Copy what `opportunities` says of an organisation."""

    organisation_id: UUID
    kind: str
    institution_type: str | None
    open: bool
    sequence: int


@dataclass(frozen=True, slots=True)
class CopyOpportunity:
    """Copy an opportunity that is listed."""

    opportunity_id: UUID
    provider_id: UUID
    site_id: UUID | None
    mode: str
    kind: str
    format: str
    activity_band: str
    year_groups: tuple[int, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class CopyOpportunityState:
    """Copy that an opportunity is no longer listed: suspended or withdrawn."""

    opportunity_id: UUID
    state: str
    sequence: int
