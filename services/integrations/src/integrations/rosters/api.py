"""Rosters over HTTP."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from starlette.exceptions import HTTPException

from integrations.rosters.bodies import RosterBody
from integrations.rosters.domain.archives import RosterUnreadable
from integrations.rosters.handlers import RosterIntake, receive_roster
from integrations.rosters.queries import RosterQueries
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Before, Limit, Page, Paging
from shared.http.ports import port
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.runtime import Runtime
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

ZIP = "application/zip"
MAX_ROSTER_BYTES = 5_000_000
# Senders name zips by many media types: the content tells. The second is a zip of nothing.
_ZIP_BEGINS = (b"PK\x03\x04", b"PK\x05\x06")
_ZIP_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "OneRoster CSV, 1.1 or 1.2: a zip of manifest.csv, users.csv, demographics.csv and,"
        " if you like, roles.csv, in UTF-8. At most 10,000 learners, and 50,000 rows in any file",
        "content": {ZIP: {"schema": {"type": "string", "format": "binary", "maxLength": MAX_ROSTER_BYTES}}},
    }
}
routes = APIRouter(tags=["rosters"])


async def _runtime(request: Request) -> Runtime[Any]:
    runtime: Runtime[Any] = request.app.state.runtime
    return runtime


async def _zip_body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if kind != ZIP and not body.startswith(_ZIP_BEGINS):
        raise HTTPException(415)
    return body


FromRuntime = Annotated[Runtime[Any], Depends(_runtime)]
FromQueries = Annotated[RosterQueries, reads_for(RosterQueries)]
FromIntake = Annotated[RosterIntake, port(RosterIntake)]
ZipBody = Annotated[bytes, Depends(_zip_body)]


@routes.post(
    "/v1/rosters",
    operation_id="receiveRoster",
    status_code=202,
    response_model=RosterBody,
    responses=documented(RosterUnreadable),
    openapi_extra=_ZIP_BODY,
    max_body_size=MAX_ROSTER_BYTES,
)
async def send_roster(
    *,
    caller: Caller = requires("rosters:write"),  # first: no stranger's body is read
    body: ZipBody,
    request: IdempotentRequest,
    intake: FromIntake,
    runtime: FromRuntime,
) -> Response:
    """Send your institution's learners from its management information system.

    Rows that break a rule are left out and told; the others are taken, also those that were understood
    otherwise than written, with a warning. A roster whose structure
    cannot be read is refused whole. Flags that the standard has no member for go in the column
    `metadata.priority_flags` of users.csv, as codes separated by semicolons.
    """
    command = await intake.prepare(own_organisation(caller), body, runtime.clock)
    return await request.execute(
        caller, receive_roster, command, answer(202, RosterBody.of, lambda r: f"/v1/rosters/{r.id}")
    )


@routes.get("/v1/rosters", operation_id="listRosters", status_code=200, response_model=Page[RosterBody])
async def list_rosters(
    request: Request,
    response: Response,
    queries: FromQueries,
    pager: Paging,
    before: Before,
    limit: Limit = 20,
    caller: Caller = requires("rosters:read"),
) -> Page[RosterBody]:
    """Your institution's rosters, newest first."""
    rows = await queries.rosters(own_organisation(caller), before, limit)
    shown, cursor = pager.page(request, response, rows, limit, lambda row: [row.id])
    return Page(items=[RosterBody.model_validate(row) for row in shown], next_cursor=cursor)


@routes.get("/v1/rosters/{roster_id}", operation_id="getRoster", status_code=200, response_model=RosterBody)
async def get_roster(
    roster_id: UUID, queries: FromQueries, caller: Caller = requires("rosters:read")
) -> RosterBody:
    """One of your institution's rosters: what was taken, and what was not."""
    return RosterBody.model_validate(await queries.roster(own_organisation(caller), roster_id))
