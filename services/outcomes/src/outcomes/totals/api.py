"""Control totals over HTTP, for operators: days that were counted, and where services differ."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from outcomes.totals.bodies import CountedDayBody, DifferenceBody
from outcomes.totals.queries import TotalsQueries
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.reads import reads_for
from shared.security.access import operator, requires
from shared.security.tokens import Caller

Reads = Annotated[TotalsQueries, reads_for(TotalsQueries)]
Institution = Annotated[UUID | None, Query(description="Differences of this institution alone")]

routes = APIRouter(tags=["operations"])


@routes.get("/v1/operations/totals", operation_id="listCountedDays", response_model=Page[CountedDayBody])
async def list_counted_days(
    request: Request,
    response: Response,
    pager: Paging,
    reads: Reads,
    institution_id: Institution = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("operations:read"),
) -> Page[CountedDayBody]:
    """Days that services have counted, newest first, each with the first difference that was found."""
    operator(caller)
    last = pager.read(request, cursor)
    days = await reads.days(institution_id, date.fromisoformat(last[0]) if last else None, limit + 1)
    shown, next_cursor = pager.page(request, response, days, limit, lambda day: [day.on])
    return Page[CountedDayBody](items=[CountedDayBody.of(day) for day in shown], next_cursor=next_cursor)


@routes.get(
    "/v1/operations/totals/{on}/differences",
    operation_id="listDifferences",
    response_model=Page[DifferenceBody],
)
async def list_differences(
    on: date,
    request: Request,
    response: Response,
    pager: Paging,
    reads: Reads,
    institution_id: Institution = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("operations:read"),
) -> Page[DifferenceBody]:
    """Where two services' numbers of a day differ, also what both have yet to count again."""
    operator(caller)
    last = pager.read(request, cursor)
    after = (last[0], UUID(last[1])) if last else None
    rows = await reads.differences(on, institution_id, after, limit + 1)
    shown, next_cursor = pager.page(
        request, response, rows, limit, lambda row: [row.measure, row.institution_id]
    )
    return Page[DifferenceBody](items=[DifferenceBody.of(row) for row in shown], next_cursor=next_cursor)
