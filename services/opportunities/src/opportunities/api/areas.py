"""Areas over HTTP: reference data, open to all."""

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from opportunities.api.dependencies import FromRegister
from opportunities.api.organisation_schemas import AreaBody
from opportunities.domain.places import Area, AreaUnknown
from shared.http.paging import DEFAULT_LIMIT, Cursor, CursorInvalid, Limit, Page, Paging
from shared.http.problems import documented
from shared.security.access import public

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
    register: FromRegister,
    pager: Paging,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[AreaBody]:
    """The areas of the register, by code, each with its one hub and the sectors that grow there."""
    after = pager.read(request, cursor)
    rows = [area for area in register.areas.all if after is None or area.code > after[0]]
    shown, following = pager.page(request, response, rows, limit, lambda area: [area.code])
    bodies = [_body(area, register.areas.licence) for area in shown]
    return Page[AreaBody](items=bodies, next_cursor=following)


@routes.get(
    "/v1/areas/{code}",
    operation_id="getArea",
    response_model=AreaBody,
    responses=documented(AreaUnknown),
    openapi_extra=public(),
)
async def get_area(code: AreaCode, register: FromRegister) -> AreaBody:
    """One area with its districts, its hub and the sectors that grow there."""
    return _body(register.areas.get(code), register.areas.licence)


def _body(area: Area, licence: str) -> AreaBody:
    return AreaBody.model_validate({**asdict(area), "licence": licence})
