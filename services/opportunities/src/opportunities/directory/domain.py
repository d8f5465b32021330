"""Organisations: who offers, who sends, who brokers."""

from dataclasses import dataclass, field
from uuid import UUID

from opportunities.areas.domain import Areas, Place
from shared.kernel import Aggregate, Conflict, Invalid, StaleVersion

PROVIDING = frozenset({"provider", "delivery_provider"})
MOST_SITES = 500


class InstitutionTypeMissing(Invalid):
    """An institution is a school or college of some kind; what it may do depends on which."""

    slug = "institution-type-missing"
    title = "An institution needs its type"


class InstitutionTypeMisplaced(Invalid):
    """Only an institution has an institution's type."""

    slug = "institution-type-misplaced"
    title = "Only an institution has this type"


class OutsideEngland(Invalid):
    """The platform is England's: careers law and guidance differ elsewhere."""

    slug = "outside-england"
    title = "The place is not in England"


class AreaNotOnRegister(Invalid):
    """An organisation is put in an area that there is not."""

    slug = "area-not-on-register"
    title = "The register has no such area"


class AreaHasHub(Conflict):
    """One hub brokers for an area; it comes with the area (SMF: one responsible organisation)."""

    slug = "area-has-hub"
    title = "Hubs come with their area: each has its one hub already"


class AreaDisagrees(Invalid):
    """The site's local authority says which area it is."""

    slug = "area-disagrees-with-site"
    title = "The site lies in another area"


class SiteRepeated(Conflict):
    """The organisation has a site of this name at this postcode."""

    slug = "site-repeated"
    title = "The organisation has this site already"


class TooManySites(Conflict):
    """An organisation's sites travel in one event, which has a bound."""

    slug = "too-many-sites"
    title = f"An organisation has at most {MOST_SITES} sites"


class ReferenceTaken(Conflict):
    """One employer is one organisation: it has one passport, and its bookings are counted together."""

    slug = "reference-taken"
    title = "An open provider with this reference is on the register already"


@dataclass(frozen=True, slots=True)
class Site:
    """A place of work."""

    id: UUID
    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class OrganisationRecorded:
    """The organisation as it stands after a change."""

    organisation_id: UUID
    kind: str
    institution_type: str | None
    area_code: str | None
    open: bool
    sites: tuple[Site, ...]


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
    claimed_reference: str | None = None

    @classmethod
    def register(
        cls,
        organisation_id: UUID,
        kind: str,
        name: str,
        registered_by: UUID,
        areas: Areas,
        *,
        area_code: str | None = None,
        institution_type: str | None = None,
        reference: str | None = None,
        site: Site | None = None,
    ) -> "Organisation":
        """Register an organisation, with its first site where it has one; the site's district gives the area.

        Raises `AreaHasHub`, `AreaNotOnRegister`, `AreaDisagrees`, `OutsideEngland` and what is
        wrong with the institution's type.
        """
        if kind == "hub":
            raise AreaHasHub(field="body.kind")
        if area_code is not None and not areas.has(area_code):
            raise AreaNotOnRegister(field="body.area_code")
        organisation = cls(organisation_id, kind, name, registered_by, area_code, institution_type, reference)
        organisation._check_type()
        organisation._claim_reference()
        if site is not None:
            found = organisation._receive(site, areas, "body.site.postcode")
            if area_code not in (None, found):
                raise AreaDisagrees(field="body.area_code")
            organisation.area_code = found
        organisation._record()
        return organisation

    @classmethod
    def appoint_hub(cls, organisation_id: UUID, name: str, area_code: str) -> "Organisation":
        """Enter an area's hub."""
        hub = cls(organisation_id, "hub", name, organisation_id, area_code)
        hub._record()
        return hub

    def add_site(self, site: Site, areas: Areas) -> None:
        """Add a place of work; the first one in an area gives the organisation its area.

        Raises `SiteRepeated`, `TooManySites`, `OutsideEngland`.
        """
        if any((each.name, each.place.postcode) == (site.name, site.place.postcode) for each in self.sites):
            raise SiteRepeated
        if len(self.sites) >= MOST_SITES:
            raise TooManySites
        found = self._receive(site, areas, "body.postcode")
        self.area_code = self.area_code or found
        self._record()

    def revise(
        self,
        expected_version: int,
        *,
        name: str,
        institution_type: str | None,
        reference: str | None,
        is_open: bool,
    ) -> None:
        """Replace what may change of an organisation read at `expected_version`. Raises `StaleVersion`."""
        if expected_version != self.version:
            raise StaleVersion(field="header.If-Match")
        claim_changes = (reference, is_open) != (self.reference, self.open)
        self.name, self.reference, self.open = name, reference, is_open
        self.institution_type = institution_type
        self._check_type()
        if claim_changes:
            self._claim_reference()
        self._record()

    def close(self) -> None:
        """Let it take part no longer; nothing changes where it does not."""
        if self.open:
            self.open = False
            self._claim_reference()
            self._record()

    @property
    def may_offer(self) -> bool:
        """Whether it may offer opportunities: an open provider or delivery provider."""
        return self.open and self.kind in PROVIDING

    def _record(self) -> None:
        self.record(
            OrganisationRecorded(
                self.id, self.kind, self.institution_type, self.area_code, self.open, tuple(self.sites)
            )
        )

    def _claim_reference(self) -> None:
        """An open provider has its reference to itself, however it is written."""
        claims = self.reference is not None and self.may_offer
        self.claimed_reference = _bare(self.reference or "") if claims else None

    def _check_type(self) -> None:
        if self.kind == "institution" and self.institution_type is None:
            raise InstitutionTypeMissing(field="body.institution_type")
        if self.kind != "institution" and self.institution_type is not None:
            raise InstitutionTypeMisplaced(field="body.institution_type")

    def _receive(self, site: Site, areas: Areas, field_name: str) -> str | None:
        """Add the site; gives the code of the area it lies in."""
        if not site.place.in_england:
            raise OutsideEngland(field=field_name)
        self.sites.append(site)
        area = areas.of_district(site.place.local_authority_code)
        return area.code if area else None


def _bare(reference: str) -> str | None:
    """A reference without what is written in different ways; None where nothing is left."""
    return "".join(filter(str.isalnum, reference)).upper().lstrip("0") or None
