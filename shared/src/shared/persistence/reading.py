"""A read: a session that acts for its caller's tenants and changes nothing."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.persistence.database import Database

_READ_ONLY = text("set transaction read only")
_ACT_FOR = text("select set_config('app.tenants', :tenants, true)")


@asynccontextmanager
async def reading(database: Database, tenants: Iterable[UUID] = ()) -> AsyncIterator[AsyncSession]:
    """One read-only transaction under row-level security for `tenants`; none means public rows only."""
    async with database.session() as session:
        await session.execute(_READ_ONLY)
        await session.execute(_ACT_FOR, {"tenants": ",".join(sorted(map(str, tenants)))})
        yield session
