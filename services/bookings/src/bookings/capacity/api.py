"""A session's places over HTTP."""

from typing import Annotated

from fastapi import APIRouter

from bookings.capacity.bodies import PlacesBody, SessionId
from bookings.capacity.domain import SessionUnknown
from bookings.capacity.queries import PlacesQueries
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.security.access import requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["places"])


@routes.get(
    "/v1/sessions/{session_id}/places",
    operation_id="getPlaces",
    response_model=PlacesBody,
    responses=documented(SessionUnknown),
)
async def get_places(
    session_id: SessionId,
    reads: Annotated[PlacesQueries, reads_for(PlacesQueries)],
    caller: Caller = requires("bookings:read"),  # noqa: ARG001 - the scope is what is asked
) -> PlacesBody:
    """A session's places now."""
    return PlacesBody.model_validate(await reads.places(session_id))
