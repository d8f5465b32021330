"""The public search."""

from datetime import date, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from opportunities.api.dependencies import FromRegister, Today
from opportunities.api.opportunity_schemas import ListingBody, OpportunityBody
from opportunities.api.words import DayAsked
from opportunities.application.queries import Following, Listing, Near, Search
from opportunities.areas.api import FromAreas
from opportunities.areas.bodies import Line, PostcodeText, Slug
from opportunities.areas.domain import PostcodeUnknown
from opportunities.areas.queries import AreaQueries
from shared.contracts.vocabulary import Mode, OpportunityKind, Tier
from shared.http.commands import etag
from shared.http.paging import DEFAULT_LIMIT, CursorInvalid, Page, Paging
from shared.http.problems import documented
from shared.kernel import Invalid
from shared.security.access import public

routes = APIRouter(tags=["search"])


class PlaceUnclear(Invalid):
    """One place is searched around: a postcode, or an easting with its northing."""

    slug = "place-unclear"
    title = "Give `near`, or `easting` and `northing` together, or none of them"


class Asked(BaseModel):
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

    async def search(self, areas: AreaQueries, today: date) -> Search:
        """The search asked for, with the place found; a session ahead starts after today."""
        tomorrow = today + timedelta(days=1)
        return Search(
            starts_from=max(self.starts_from or tomorrow, tomorrow),
            starts_to=self.starts_to,
            words=self.q,
            near=await self._near(areas),
            places=self.with_places,
            **self.model_dump(include={"sector", "area_code", "year_group", "tier", "mode", "kind"}),
        )

    async def _near(self, areas: AreaQueries) -> Near | None:
        point = (self.easting, self.northing)
        if self.near is None and point == (None, None):
            return None
        radius = round(self.radius_km * 1000)
        if self.near is None and self.easting is not None and self.northing is not None:
            return Near(self.easting, self.northing, radius)
        if self.near is None or point != (None, None):
            raise PlaceUnclear(field="query.near")
        place = await areas.place(self.near, "query.near")
        return Near(place.easting, place.northing, radius)


@routes.get(
    "/v1/opportunities",
    operation_id="searchOpportunities",
    response_model=Page[ListingBody],
    responses=documented(CursorInvalid, PostcodeUnknown, PlaceUnclear),
    openapi_extra=public(),
)
async def search_opportunities(
    request: Request,
    response: Response,
    register: FromRegister,
    areas: FromAreas,
    pager: Paging,
    today: Today,
    asked: Annotated[Asked, Query()],
) -> Page[ListingBody]:
    """Published opportunities with a session ahead.

    Around a place the nearest come first, and virtual ones, which have no place, not at all;
    otherwise the newest come first.
    """
    search = await asked.search(areas, today)
    rows = await register.search(
        search, _following(pager.read(request, asked.cursor), search), asked.limit + 1
    )
    shown, following = pager.page(request, response, rows, asked.limit, _key)
    items = [ListingBody.of(each, areas.areas) for each in shown]
    return Page[ListingBody](items=items, next_cursor=following)


@routes.get(
    "/v1/opportunities/{opportunity_id}",
    operation_id="getOpportunity",
    response_model=OpportunityBody,
    openapi_extra=public(),
)
async def get_opportunity(
    opportunity_id: UUID, response: Response, register: FromRegister
) -> OpportunityBody:
    """A published opportunity with its sessions."""
    body = OpportunityBody.for_all(await register.published(opportunity_id))
    response.headers["ETag"] = etag(body.version)
    return body


def _key(listing: Listing) -> list[object]:
    after = listing.published_at.isoformat() if listing.distance is None else repr(listing.distance)
    return [after, listing.id]


def _following(key: list[str] | None, search: Search) -> Following | None:
    if key is None:
        return None
    after = float(key[0]) if search.near else datetime.fromisoformat(key[0])
    return Following(after, UUID(key[1]))
