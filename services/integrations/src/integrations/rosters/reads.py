"""Reads of rosters, under row-level security for the institution they name."""

from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

# The caller's own organisation is named beside row-level security: the list walks its index in order.
_ROSTERS = """
    select roster_id as id, kind, rows, accepted, rows - accepted as rejected_rows, rejected, warnings,
           out_of_scope, received_at
    from rosters where institution_id = :organisation
"""
_LIST = text(
    _ROSTERS
    + " and (cast(:before as uuid) is null or roster_id < :before) order by roster_id desc limit :limit"
)
_ONE = text(_ROSTERS + " and roster_id = :id")


class RosterReads:
    """Implements `RosterQueries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def rosters(self, organisation_id: UUID, before: UUID | None, limit: int) -> list[Row[Any]]:
        values = {"organisation": organisation_id, "before": before, "limit": limit + 1}
        async with reading(self._database, [organisation_id]) as db:
            return list((await db.execute(_LIST, values)).all())

    async def roster(self, organisation_id: UUID, roster_id: UUID) -> Row[Any]:
        async with reading(self._database, [organisation_id]) as db:
            row = (await db.execute(_ONE, {"organisation": organisation_id, "id": roster_id})).first()
        if row is None:
            raise NotFound("There is no such roster")
        found: Row[Any] = row
        return found
