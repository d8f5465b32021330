"""Bodies about areas, and the kinds of text that requests of every capability share."""

from dataclasses import asdict
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field

from opportunities.areas.domain import Area
from shared.http.bodies import ResponseBody

# A line has no control characters; what is in a query never passes the bodies' own check for NUL.
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
PostcodeText = Annotated[
    str, Field(min_length=5, max_length=10, pattern=r"^[A-Za-z0-9 ]+$", examples=["L3 1HU"])
]


class DistrictBody(ResponseBody):
    """A local authority district."""

    code: str = Field(description="GSS code", examples=["E08000012"])
    name: str = Field(examples=["Liverpool"])


class HubBody(ResponseBody):
    """The one organisation that brokers for an area."""

    organisation_id: UUID
    name: str


class AreaBody(ResponseBody):
    """Districts that share one hub."""

    code: str = Field(examples=["liverpool-city-region"])
    name: str = Field(examples=["Liverpool City Region"])
    districts: list[DistrictBody]
    growth_sectors: list[str] = Field(
        description="Sectors that grow here", examples=[["advanced-manufacturing"]]
    )
    hub: HubBody
    source: str = Field(description="Where this was taken from")
    licence: str = Field(description="Attribution that goes with this data and with places by postcode")

    @classmethod
    def of(cls, area: Area, licence: str) -> Self:
        """The body of an area."""
        return cls.model_validate({**asdict(area), "licence": licence})
