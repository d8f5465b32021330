"""Bodies about organisations."""

from typing import Self
from uuid import UUID

from pydantic import Field

from opportunities.areas.bodies import Line, PostcodeText, Slug
from opportunities.directory.domain import Organisation
from shared.contracts.vocabulary import InstitutionType, OrganisationKind
from shared.http.bodies import RequestBody, ResponseBody


class SiteToAdd(RequestBody):
    """A place of work where learners are received."""

    name: Line = Field(max_length=200, examples=["Dockside works"])
    postcode: PostcodeText = Field(description="A postcode in England; it places the site on the map")


class OrganisationToRegister(RequestBody):
    """An organisation to put on the register."""

    kind: OrganisationKind = Field(description="Hubs come with their area and are not registered here")
    name: Line = Field(max_length=200, examples=["Mersey Example Engineering"])
    area_code: Slug | None = Field(
        default=None, description="Where it has no site yet; a site tells its area by its postcode"
    )
    institution_type: InstitutionType | None = Field(default=None, description="Of an institution only")
    reference: Line | None = Field(
        default=None, max_length=40, description="URN, UKPRN or company number; one open provider has it"
    )
    site: SiteToAdd | None = Field(default=None, description="The first site")


class OrganisationToRevise(RequestBody):
    """What an organisation shall be; all of what may change is replaced."""

    name: Line = Field(max_length=200, examples=["Mersey Example Engineering"])
    institution_type: InstitutionType | None = Field(default=None, description="Of an institution only")
    reference: Line | None = Field(
        default=None, max_length=40, description="URN, UKPRN or company number; one open provider has it"
    )
    open: bool = Field(default=True, description="Whether it takes part still")


class SiteBody(ResponseBody):
    """A place of work, placed on the National Grid (OSGB36)."""

    id: UUID
    name: str = Field(examples=["Dockside works"])
    postcode: str = Field(examples=["L3 1HU"])
    local_authority_code: str = Field(description="GSS code of the district", examples=["E08000012"])
    easting: int = Field(description="Metres east")
    northing: int = Field(description="Metres north")


class OrganisationBody(ResponseBody):
    """An organisation on the register."""

    id: UUID
    kind: OrganisationKind
    name: str = Field(examples=["Mersey Example Engineering"])
    registered_by: UUID = Field(description="The organisation that put it on the register")
    area_code: str | None = Field(
        description="Area of the one responsible hub", examples=["liverpool-city-region"]
    )
    institution_type: InstitutionType | None = Field(description="Of an institution only")
    reference: str | None = Field(description="URN, UKPRN or company number")
    open: bool = Field(description="Whether it takes part still")
    sites: list[SiteBody] = Field(description="Its places of work, oldest first")
    version: int = Field(description="Moves by one with every change; the ETag names it")

    @classmethod
    def of(cls, organisation: Organisation) -> Self:
        """The body of an organisation."""
        sites = [
            SiteBody(
                id=site.id,
                name=site.name,
                postcode=site.place.postcode,
                local_authority_code=site.place.local_authority_code,
                easting=site.place.easting,
                northing=site.place.northing,
            )
            for site in organisation.sites
        ]
        members = {name: getattr(organisation, name) for name in cls.model_fields if name != "sites"}
        return cls.model_validate({**members, "sites": sites})
