"""Parameters and bodies of the search."""

import re
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from opportunities.areas.bodies import Line, PostcodeText, Slug
from opportunities.areas.domain import Areas
from opportunities.search.queries import Listing, Near, Search
from shared.contracts.vocabulary import ActivityBand, ActivityFormat, Mode, OpportunityKind, Tier
from shared.http.bodies import ResponseBody
from shared.http.paging import DEFAULT_LIMIT
from shared.kernel import Invalid


def _written(day: object) -> object:
    # From a query pydantic takes seconds since 1970 for a date, too.
    if isinstance(day, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise PydanticCustomError("date_parsing", "is not a date")
    return day


DayAsked = Annotated[date, BeforeValidator(_written)]


class PlaceUnclear(Invalid):
    """One place is searched around: a postcode, or an easting with its northing."""

    slug = "place-unclear"
    title = "Give `near`, or `easting` and `northing` together, or none of them"


class SearchParameters(BaseModel):
    """What is looked for; what is left out does not matter."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    q: Line | None = Field(
        default=None, max_length=200, description="Words; quotes, `or` and a leading minus as in web searches"
    )
    near: PostcodeText | None = Field(default=None, description="A postcode: nearest to it first")
    easting: int | None = Field(
        default=None, ge=0, le=700_000, description="Metres east on the National Grid"
    )
    northing: int | None = Field(default=None, ge=0, le=1_300_000, description="Metres north")
    radius_km: float = Field(default=25, gt=0, le=1_000, description="Around the place; without one unused")
    sector: Slug | None = None
    area_code: Slug | None = None
    year_group: int | None = Field(default=None, ge=7, le=13)
    tier: Tier | None = None
    mode: Mode | None = None
    kind: OpportunityKind | None = None
    starts_from: DayAsked | None = Field(
        default=None, alias="from", description="A session starts then or later"
    )
    starts_to: DayAsked | None = Field(
        default=None, alias="to", description="A session starts then or earlier"
    )
    with_places: int | None = Field(
        default=None, ge=1, le=5_000, description="Left in one and the same session"
    )
    limit: int = Field(default=DEFAULT_LIMIT, ge=1, le=50, description="Items on a page")
    cursor: str | None = Field(default=None, max_length=500, description="Where the last page ended")

    def search(self, near: Near | None, today: date) -> Search:
        """The search asked for, around a place that was found; a session ahead starts after today."""
        tomorrow = today + timedelta(days=1)
        return Search(
            starts_from=max(self.starts_from or tomorrow, tomorrow),
            starts_to=self.starts_to,
            words=self.q,
            near=near,
            places=self.with_places,
            **self.model_dump(include={"sector", "area_code", "year_group", "tier", "mode", "kind"}),
        )


class ListedSessionBody(ResponseBody):
    """A session ahead."""

    id: UUID
    first_day: date
    last_day: date
    places: int
    places_left: int = Field(description="Places nobody holds, as bookings last said")


class ListingBody(ResponseBody):
    """A published opportunity as search shows it."""

    id: UUID
    provider_id: UUID
    provider_name: str
    site_id: UUID | None
    area_code: str | None
    title: str
    summary: str
    kind: OpportunityKind
    format: ActivityFormat
    mode: Mode
    tier: Tier
    activity_band: ActivityBand
    sector: str
    growth_sector: bool = Field(description="The sector is one that grows in the area")
    year_groups: list[int]
    accompanied: bool
    published_at: datetime
    distance_km: Annotated[float | None, Field(description="From where was asked, as the crow flies")]
    next_sessions: list[ListedSessionBody] = Field(description="The next that match, three at the most")

    @classmethod
    def of(cls, listing: Listing, areas: Areas) -> Self:
        """The body of a listing."""
        members = {
            **asdict(listing),
            "growth_sector": areas.grows_in(listing.area_code, listing.sector),
            "distance_km": None if listing.distance is None else round(listing.distance / 1000, 1),
        }
        return cls.model_validate(members)
