"""Request and response bodies of the register."""

from uuid import UUID

from pydantic import Field

from shared.contracts.vocabulary import InstitutionType, OrganisationKind
from shared.http.bodies import RequestBody, ResponseBody


class OrganisationToRegister(RequestBody):
    """An organisation to put on the register."""

    kind: OrganisationKind
    name: str = Field(min_length=1, max_length=200, examples=["Mersey Example Engineering"])
    area_code: str | None = Field(default=None, max_length=40)
    institution_type: InstitutionType | None = None
    reference: str | None = Field(default=None, max_length=40, description="URN, UKPRN or company number")


class OrganisationBody(ResponseBody):
    """An organisation on the register."""

    id: UUID
    kind: OrganisationKind
    name: str
    area_code: str | None
    institution_type: InstitutionType | None
    open: bool
    version: int
