"""Aggregates this service lost when its database was restored, of which others had heard."""

from sqlalchemy import text

from shared.persistence.database import Database

_WAS_LOST = text("select exists (select from lost_aggregates where key = :key)")


async def was_lost(database: Database, key: str) -> bool:
    """Whether the aggregate of this id is one that was lost."""
    async with database.session() as db:
        return bool(await db.scalar(_WAS_LOST, {"key": key}))
