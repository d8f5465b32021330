"""Clearances over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from safeguarding.api.dependencies import FromRecords
from safeguarding.api.schemas import ClearanceBody, ClearanceToSettle, DecisionBody
from safeguarding.application import rules
from safeguarding.application.commands import SettleClearance
from safeguarding.application.handlers import clearances
from safeguarding.domain.clearances import AssuranceNotInForce, Clearance, ClearanceNotReferred
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.security.access import requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["clearances"])
State = Annotated[
    Literal["granted", "refused", "referred", "ended"] | None, Query(description="Only those in this state")
]


@routes.get("/v1/bookings/{booking_id}/clearance", operation_id="getClearance", response_model=ClearanceBody)
async def get_clearance(
    booking_id: UUID, records: FromRecords, caller: Caller = requires("clearances:read")
) -> ClearanceBody:
    """Whether a booking may go ahead: for its institution and its provider."""
    return _body(await records.clearance_of(booking_id, caller.acts_for))


@routes.get("/v1/clearances", operation_id="listClearances", response_model=Page[ClearanceBody])
async def list_clearances(
    request: Request,
    response: Response,
    records: FromRecords,
    pager: Paging,
    state: State = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("clearances:read"),
) -> Page[ClearanceBody]:
    """Clearances of your institutions' bookings; those `referred` wait for a safeguarding lead."""
    after = pager.read(request, cursor)
    found = await records.clearances(caller.acts_for, state, UUID(after[0]) if after else None, limit)
    shown, following = pager.page(request, response, found, limit, lambda clearance: [clearance.id])
    return Page(items=[_body(each) for each in shown], next_cursor=following)


@routes.post(
    "/v1/clearances/{clearance_id}/decision",
    operation_id="settleClearance",
    status_code=200,
    response_model=ClearanceBody,
    responses=documented(ClearanceNotReferred, AssuranceNotInForce),
)
async def settle_clearance(
    clearance_id: UUID,
    body: ClearanceToSettle,
    request: IdempotentRequest,
    caller: Caller = requires("concerns:write"),
) -> Response:
    """Decide, as safeguarding lead of the booking's institution, what the rules referred."""
    command = SettleClearance(clearance_id, caller.acts_for, body.granted, body.reason_code, caller.subject)
    return await request.execute(caller, clearances.settle_clearance, command, answer(200, _body))


def _body(clearance: Clearance) -> ClearanceBody:
    return ClearanceBody(
        id=clearance.id,
        booking_id=clearance.booking_id,
        session_id=clearance.session_id,
        institution_id=clearance.institution_id,
        provider_id=clearance.provider_id,
        state=clearance.state,
        decision=DecisionBody(
            rule_pack=rules.CLEARANCE,
            version=clearance.rule_version,
            reason_codes=list(clearance.reason_codes),
        ),
        version=clearance.version,
    )
