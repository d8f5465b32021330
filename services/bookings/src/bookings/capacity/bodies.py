"""Response bodies of places."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from pydantic import Field

from shared.http.bodies import ResponseBody

SessionId = Annotated[UUID, Path(description="The session")]


class PlacesBody(ResponseBody):
    """How many places a session has, and how many are gone."""

    session_id: UUID = Field(description="The session")
    places: int = Field(description="How many there are")
    taken: int = Field(description="Places that are held or booked")
    waiting: int = Field(description="Bookings that wait in line")
