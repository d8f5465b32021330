"""Sessions over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response

from opportunities.offers import handlers
from opportunities.offers.bodies import ReasonToGive, SessionBody, SessionToAdd
from opportunities.offers.commands import AddSession, CancelSession
from opportunities.offers.domain.opportunity import NotOpen
from opportunities.offers.domain.session import (
    DaysOutOfOrder,
    SessionCancelledAlready,
    SessionNotInFuture,
    SessionUnknown,
    TooManySessions,
)
from opportunities.offers.queries import OfferQueries
from shared.http.commands import IdempotentRequest, answer
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import new_id
from shared.security.access import public, requires
from shared.security.tokens import Caller

FromOffers = Annotated[OfferQueries, reads_for(OfferQueries)]
routes = APIRouter(tags=["sessions"])


@routes.post(
    "/v1/opportunities/{opportunity_id}/sessions",
    operation_id="addSession",
    status_code=201,
    response_model=SessionBody,
    responses=documented(NotOpen, TooManySessions, DaysOutOfOrder, SessionNotInFuture),
)
async def add_session(
    opportunity_id: UUID,
    body: SessionToAdd,
    request: IdempotentRequest,
    caller: Caller = requires("opportunities:write"),
) -> Response:
    """Add a dated run; where the opportunity is published it can be booked at once."""
    command = AddSession(
        opportunity_id,
        caller.acts_for,
        new_id(),
        body.places,
        body.held_on(),
        tuple(body.supervisor_ids),
    )
    location = answer(201, SessionBody.of, lambda found: f"/v1/sessions/{found[1].id}")
    return await request.execute(caller, handlers.add_session, command, location)


@routes.post(
    "/v1/sessions/{session_id}/cancellation",
    operation_id="cancelSession",
    response_model=SessionBody,
    responses=documented(SessionCancelledAlready, SessionUnknown),
)
async def cancel_session(
    session_id: UUID,
    body: ReasonToGive,
    request: IdempotentRequest,
    caller: Caller = requires("opportunities:write"),
) -> Response:
    """Call a dated run off; its bookings end. It cannot be undone."""
    command = CancelSession(session_id, caller.acts_for, body.reason_code)
    return await request.execute(caller, handlers.cancel_session, command, answer(200, SessionBody.of))


@routes.get(
    "/v1/sessions/{session_id}",
    operation_id="getSession",
    response_model=SessionBody,
    responses=documented(SessionUnknown),
    openapi_extra=public(),
)
async def get_session(session_id: UUID, offers: FromOffers) -> SessionBody:
    """An announced run of a published opportunity, with the places left in it."""
    return SessionBody.of(await offers.published_session(session_id))
