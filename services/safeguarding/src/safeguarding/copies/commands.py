"""Commands that copy what other services have published."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class CopyOrganisation:
    """Copy an organisation with its sites, each with the code of its local authority."""

    organisation_id: UUID
    kind: str
    area_code: str | None
    open: bool
    sites: tuple[tuple[UUID, str], ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class CopyOpportunity:
    """Copy an opportunity."""

    opportunity_id: UUID
    provider_id: UUID
    format: str
    mode: str
    activity_band: str
    accompanied: bool
    sequence: int


@dataclass(frozen=True, slots=True)
class CopySession:
    """Copy a session: its site, its days and the adults who supervise it."""

    session_id: UUID
    opportunity_id: UUID
    provider_id: UUID
    site_id: UUID | None
    days: tuple[date, ...]
    overnight: bool
    supervisor_ids: tuple[UUID, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class CopySessionCancellation:
    """Copy that a session will not take place."""

    session_id: UUID
