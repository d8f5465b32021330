"""Areas over HTTP: reference data, open to all."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from opportunities.areas.bodies import AreaBody
from opportunities.areas.domain import AreaUnknown
from opportunities.areas.queries import AreaQueries
from shared.http.paging import DEFAULT_LIMIT, Cursor, CursorInvalid, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.security.access import public

FromAreas = Annotated[AreaQueries, reads_for(AreaQueries)]
AreaCode = Annotated[
    str, Path(min_length=1, max_length=60, description="As in the list", examples=["liverpool-city-region"])
]
routes = APIRouter(tags=["areas"])


@routes.get(
    "/v1/areas",
    operation_id="listAreas",
    response_model=Page[AreaBody],
    responses=documented(CursorInvalid),
    openapi_extra=public(),
)
async def list_areas(
    request: Request,
    response: Response,
    queries: FromAreas,
    pager: Paging,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[AreaBody]:
    """The areas of the register, by code, each with its one hub and the sectors that grow there."""
    after = pager.read(request, cursor)
    rows = [area for area in queries.areas.all if after is None or area.code > after[0]]
    shown, next_cursor = pager.page(request, response, rows, limit, lambda area: [area.code])
    bodies = [AreaBody.of(area, queries.areas.licence) for area in shown]
    return Page[AreaBody](items=bodies, next_cursor=next_cursor)


@routes.get(
    "/v1/areas/{code}",
    operation_id="getArea",
    response_model=AreaBody,
    responses=documented(AreaUnknown),
    openapi_extra=public(),
)
async def get_area(code: AreaCode, queries: FromAreas) -> AreaBody:
    """One area with its districts, its hub and the sectors that grow there."""
    return AreaBody.of(queries.areas.get(code), queries.areas.licence)
