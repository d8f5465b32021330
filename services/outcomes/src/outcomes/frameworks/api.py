"""Frameworks over HTTP: public, whole, with every statement."""

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from outcomes.frameworks.bodies import FrameworkBody, FrameworkSummary
from outcomes.frameworks.ports import Frameworks
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.ports import port
from shared.security.access import public

FrameworkCode = Annotated[
    str, Path(min_length=1, max_length=40, description="As in the list", examples=["equalex"])
]
KnownFrameworks = Annotated[Frameworks, port(Frameworks)]

routes = APIRouter(tags=["frameworks"])


@routes.get(
    "/v1/frameworks",
    operation_id="listFrameworks",
    response_model=Page[FrameworkSummary],
    openapi_extra=public(),
)
async def list_frameworks(
    request: Request,
    response: Response,
    pager: Paging,
    frameworks: KnownFrameworks,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[FrameworkSummary]:
    """The frameworks whose objectives may be named, by name."""
    last = pager.read(request, cursor)
    found = [each for each in frameworks.all() if last is None or each.framework > last[0]]
    shown, next_cursor = pager.page(
        request, response, found[: limit + 1], limit, lambda each: [each.framework]
    )
    items = [FrameworkSummary.model_validate(each) for each in shown]
    return Page[FrameworkSummary](items=items, next_cursor=next_cursor)


@routes.get(
    "/v1/frameworks/{framework}",
    operation_id="getFramework",
    response_model=FrameworkBody,
    openapi_extra=public(),
)
async def get_framework(framework: FrameworkCode, frameworks: KnownFrameworks) -> FrameworkBody:
    """A framework in its newest version: tiers, outcomes and objectives with their statements."""
    return FrameworkBody.model_validate(frameworks.named(framework))
