"""What the directory can be asked to do."""

from dataclasses import dataclass
from uuid import UUID

from opportunities.directory.domain import Site


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    """Enter an organisation, with its first site where it has one."""

    organisation_id: UUID
    kind: str
    name: str
    registered_by: UUID
    area_code: str | None = None
    institution_type: str | None = None
    reference: str | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class AppointHub:
    """Enter an area's hub, if it is not there yet."""

    organisation_id: UUID
    name: str
    area_code: str


@dataclass(frozen=True, slots=True)
class AddSite:
    """Add a place of work to an organisation."""

    organisation_id: UUID
    acting_for: frozenset[UUID]
    site: Site


@dataclass(frozen=True, slots=True)
class ReviseOrganisation:
    """Replace what may change of an organisation."""

    organisation_id: UUID
    acting_for: frozenset[UUID]
    expected_version: int
    name: str
    institution_type: str | None
    reference: str | None
    is_open: bool
