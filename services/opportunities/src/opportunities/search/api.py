"""The public search."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from opportunities.areas.domain import PostcodeUnknown
from opportunities.areas.queries import AreaQueries
from opportunities.offers.bodies import OpportunityBody
from opportunities.offers.queries import OfferQueries
from opportunities.search.bodies import ListingBody, PlaceUnclear, SearchParameters
from opportunities.search.queries import (
    Listing,
    Near,
    Search,
    SearchCursor,
    SearchQueries,
    SearchTooCostly,
)
from shared.http.commands import etag
from shared.http.paging import CursorInvalid, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.security.access import public

FromAreas = Annotated[AreaQueries, reads_for(AreaQueries)]
FromOffers = Annotated[OfferQueries, reads_for(OfferQueries)]
FromSearch = Annotated[SearchQueries, reads_for(SearchQueries)]
routes = APIRouter(tags=["search"])


async def _today(request: Request) -> date:
    today: date = request.app.state.runtime.clock.today()
    return today


@routes.get(
    "/v1/opportunities",
    operation_id="searchOpportunities",
    response_model=Page[ListingBody],
    responses=documented(CursorInvalid, PostcodeUnknown, PlaceUnclear, SearchTooCostly),
    openapi_extra=public(),
)
async def search_opportunities(
    request: Request,
    response: Response,
    queries: FromSearch,
    areas: FromAreas,
    pager: Paging,
    today: Annotated[date, Depends(_today)],
    asked: Annotated[SearchParameters, Query()],
) -> Page[ListingBody]:
    """Published opportunities with a session ahead.

    Around a place the nearest come first, and virtual ones, which have no place, not at all;
    otherwise the newest come first.
    """
    search = asked.search(await _near(asked, areas), today)
    after = _cursor(pager.read(request, asked.cursor), search)
    rows = await queries.search(search, after, asked.limit + 1)
    shown, next_cursor = pager.page(request, response, rows, asked.limit, _key)
    items = [ListingBody.of(each, areas.areas) for each in shown]
    return Page[ListingBody](items=items, next_cursor=next_cursor)


@routes.get(
    "/v1/opportunities/{opportunity_id}",
    operation_id="getOpportunity",
    response_model=OpportunityBody,
    openapi_extra=public(),
)
async def get_opportunity(opportunity_id: UUID, response: Response, offers: FromOffers) -> OpportunityBody:
    """A published opportunity with its sessions."""
    body = OpportunityBody.for_all(await offers.published(opportunity_id))
    response.headers["ETag"] = etag(body.version)
    return body


async def _near(asked: SearchParameters, areas: AreaQueries) -> Near | None:
    point = (asked.easting, asked.northing)
    if asked.near is None and point == (None, None):
        return None
    radius = round(asked.radius_km * 1000)
    if asked.near is None and asked.easting is not None and asked.northing is not None:
        return Near(asked.easting, asked.northing, radius)
    if asked.near is None or point != (None, None):
        raise PlaceUnclear(field="query.near")
    place = await areas.place(asked.near, "query.near")
    return Near(place.easting, place.northing, radius)


def _key(listing: Listing) -> list[object]:
    sort_key = listing.published_at.isoformat() if listing.distance is None else repr(listing.distance)
    return [sort_key, listing.id]


def _cursor(key: list[str] | None, search: Search) -> SearchCursor | None:
    if key is None:
        return None
    sort_key = float(key[0]) if search.near else datetime.fromisoformat(key[0])
    return SearchCursor(sort_key, UUID(key[1]))
