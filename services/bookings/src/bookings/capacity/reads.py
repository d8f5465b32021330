"""Queries on places, each one read-only transaction."""

from uuid import UUID

from sqlalchemy import text

from bookings.capacity.domain import SessionPlaces, SessionUnknown
from shared.persistence.database import Database
from shared.persistence.reading import reading

_PLACES = text(
    """
    select session_id, opportunity_id, provider_id, places, taken, waiting, version
    from session_places where session_id = :session_id
    """
)


class PlacesReads:
    """Answers from the counters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def places(self, session_id: UUID) -> SessionPlaces:
        async with reading(self._database) as db:
            row = (await db.execute(_PLACES, {"session_id": session_id})).one_or_none()
        if row is None:
            raise SessionUnknown
        return SessionPlaces(*row)
