"""Rosters' rows lie in partitions by day; those from before stay where they are, protected as they were."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg

import bookings
from shared.kernel import new_id
from shared.persistence.migrations import upgrade
from shared.persistence.provision import provision
from tests.infra import databases

MIGRATIONS = Path(bookings.__file__).parents[2] / "migrations"
# As every release has written it.
_PROGRESS = """
insert into roster_rows (institution_id, roster_id, row_number, failure) values ($1, $2, 1, $3)
on conflict (institution_id, roster_id, row_number) do update set failure = excluded.failure
"""
_ROWS = "select failure from roster_rows where roster_id = $1"


def roster_of(moment: datetime) -> UUID:
    """The id of a roster that was sent at this moment."""
    return UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62 | uuid4().int >> 66)


async def as_school(url: str, school: UUID) -> "asyncpg.Connection[asyncpg.Record]":
    connection = await asyncpg.connect(url, timeout=60)
    await connection.execute("select set_config('app.tenants', $1, false)", str(school))
    return connection


async def test_rows_of_before_are_found_and_written_again_by_their_school_alone(
    postgres_admin_url: str,
) -> None:
    school, now = new_id(), datetime.now(UTC)
    old, later = roster_of(now - timedelta(days=9)), roster_of(now + timedelta(days=2))
    database = await provision(postgres_admin_url, "bookings", f"test_bookings_{uuid4().hex[:12]}")
    await asyncio.to_thread(upgrade, database.owner_url, MIGRATIONS, "0010")
    app = await as_school(database.app_url, school)
    for roster in (old, later):
        await app.execute(_PROGRESS, school, roster, "unreadable")
    await app.close()

    await asyncio.to_thread(upgrade, database.owner_url, MIGRATIONS)

    app, stranger = await as_school(database.app_url, school), await as_school(database.app_url, new_id())
    for roster in (old, later):
        await app.execute(_PROGRESS, school, roster, "unknown")
        assert [row["failure"] for row in await app.fetch(_ROWS, roster)] == ["unknown"]
        assert await stranger.fetch(_ROWS, roster) == []
    await app.close()
    await stranger.close()
    await databases.drop(postgres_admin_url, database.name)
