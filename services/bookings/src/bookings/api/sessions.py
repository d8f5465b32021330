"""A session's places over HTTP."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from bookings.api.dependencies import FromReads, SessionId
from bookings.domain.sessions import SessionUnknown
from shared.http.bodies import ResponseBody
from shared.http.problems import documented
from shared.security.access import requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["places"])


class PlacesBody(ResponseBody):
    """How many places a session has, and how many are gone."""

    session_id: UUID = Field(description="The session")
    places: int = Field(description="How many there are")
    taken: int = Field(description="Places that are held or booked")
    waiting: int = Field(description="Bookings that wait in line")


@routes.get(
    "/v1/sessions/{session_id}/places",
    operation_id="getPlaces",
    response_model=PlacesBody,
    responses=documented(SessionUnknown),
)
async def get_places(
    session_id: SessionId,
    reads: FromReads,
    caller: Caller = requires("bookings:read"),  # noqa: ARG001 - the scope is what is asked
) -> PlacesBody:
    """A session's places now."""
    return PlacesBody.model_validate(await reads.places(session_id))
