"""Organisations: who offers, who sends, who brokers."""

from dataclasses import dataclass, field
from uuid import UUID

from shared.kernel import Aggregate, Invalid


class InstitutionTypeMissing(Invalid):
    """An institution is a school or college of some kind; what it may do depends on which."""

    slug = "institution-type-missing"
    title = "An institution needs its type"


@dataclass(frozen=True, slots=True)
class OrganisationRecorded:
    """The organisation as it stands after a change."""

    organisation: "Organisation"


@dataclass(frozen=True, slots=True)
class Site:
    """A place of work, placed on the National Grid (metres east and north)."""

    id: UUID
    name: str
    postcode: str
    local_authority_code: str
    easting: int
    northing: int


@dataclass(slots=True)
class Organisation(Aggregate):
    """A provider, institution, trust, delivery provider or hub."""

    id: UUID
    kind: str
    name: str
    registered_by: UUID
    area_code: str | None = None
    institution_type: str | None = None
    reference: str | None = None
    open: bool = True
    sites: list[Site] = field(default_factory=list)

    @classmethod
    def register(
        cls,
        organisation_id: UUID,
        kind: str,
        name: str,
        registered_by: UUID,
        *,
        area_code: str | None = None,
        institution_type: str | None = None,
        reference: str | None = None,
        site: Site | None = None,
    ) -> "Organisation":
        """Register an organisation, with its first site where it has one."""
        if kind == "institution" and institution_type is None:
            raise InstitutionTypeMissing(field="body.institution_type")
        organisation = cls(organisation_id, kind, name, registered_by, area_code, institution_type, reference)
        if site is not None:
            organisation.sites.append(site)
        organisation.record(OrganisationRecorded(organisation))
        return organisation
