"""Clearances over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from safeguarding.clearances import handlers
from safeguarding.clearances.bodies import ClearanceBody, ClearanceToSettle, DecisionBody
from safeguarding.clearances.commands import SettleClearance
from safeguarding.clearances.domain.clearance import AssuranceNotInForce, Clearance, ClearanceNotReferred
from safeguarding.clearances.domain.clearance_rules import RULE_PACK
from safeguarding.clearances.domain.dbs import ServesUntilOutOfRange
from safeguarding.clearances.queries import ClearanceQueries
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.security.access import requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["clearances"])
FromClearances = Annotated[ClearanceQueries, reads_for(ClearanceQueries)]
State = Annotated[
    Literal["granted", "refused", "referred", "revoked", "ended"] | None,
    Query(description="Only those in this state"),
]


@routes.get("/v1/bookings/{booking_id}/clearance", operation_id="getClearance", response_model=ClearanceBody)
async def get_clearance(
    booking_id: UUID, clearances: FromClearances, caller: Caller = requires("clearances:read")
) -> ClearanceBody:
    """Whether a booking may go ahead: for its institution and its provider."""
    return _body(await clearances.clearance_of(booking_id, caller.acts_for))


@routes.get("/v1/clearances", operation_id="listClearances", response_model=Page[ClearanceBody])
async def list_clearances(
    request: Request,
    response: Response,
    clearances: FromClearances,
    pager: Paging,
    state: State = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("clearances:read"),
) -> Page[ClearanceBody]:
    """Clearances of your institutions' bookings; those `referred` wait for a safeguarding lead."""
    after = pager.read(request, cursor)
    found = await clearances.clearances(caller.acts_for, state, UUID(after[0]) if after else None, limit)
    shown, next_cursor = pager.page(request, response, found, limit, lambda clearance: [clearance.id])
    return Page(items=[_body(each) for each in shown], next_cursor=next_cursor)


@routes.post(
    "/v1/clearances/{clearance_id}/decision",
    operation_id="settleClearance",
    status_code=200,
    response_model=ClearanceBody,
    responses=documented(ClearanceNotReferred, AssuranceNotInForce, ServesUntilOutOfRange),
)
async def settle_clearance(
    clearance_id: UUID,
    body: ClearanceToSettle,
    request: IdempotentRequest,
    caller: Caller = requires("concerns:write"),
) -> Response:
    """Decide, as safeguarding lead of the booking's institution, what the rules referred.

    What is decided about an adult serves the institution's other bookings with them at this site too.
    """
    command = SettleClearance(
        clearance_id, caller.acts_for, body.granted, body.reason_code, caller.subject, body.serves_until
    )
    return await request.execute(caller, handlers.settle_clearance, command, answer(200, _body))


def _body(clearance: Clearance) -> ClearanceBody:
    return ClearanceBody(
        id=clearance.id,
        booking_id=clearance.booking_id,
        session_id=clearance.session_id,
        institution_id=clearance.institution_id,
        provider_id=clearance.provider_id,
        state=clearance.state,
        decision=DecisionBody(
            rule_pack=RULE_PACK,
            version=clearance.rule_version,
            reason_codes=list(clearance.reason_codes),
        ),
        version=clearance.version,
    )
