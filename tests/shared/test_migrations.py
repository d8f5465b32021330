"""Migrating a service that runs: nobody waits long behind a migration, and each revision stands by itself."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from shared.kernel import new_id
from shared.persistence.migrations import upgrade
from shared.persistence.provision import ServiceDatabase, provision
from tests.infra import databases
from tests.infra.polling import eventually

_ENV = """
from alembic import context
from shared.persistence.migrations import run_migrations
run_migrations(context.config, "")
"""
_REVISION = """
from shared.persistence.migrations import statements
revision, down_revision = {number!r}, {before!r}
def upgrade() -> None:
    statements({sql!r})
"""


def revisions(folder: Path, *sql: str) -> Path:
    """A folder of migrations, each of one of these statements."""
    (folder / "versions").mkdir(exist_ok=True)
    (folder / "env.py").write_text(_ENV)
    for number, statement in enumerate(sql, start=1):
        before = str(number - 1) if number > 1 else None
        revision = _REVISION.format(number=str(number), before=before, sql=statement)
        (folder / "versions" / f"{number}.py").write_text(revision)
    return folder


@pytest_asyncio.fixture
async def database(postgres_admin_url: str) -> AsyncIterator[ServiceDatabase]:
    made = await provision(postgres_admin_url, "example", f"test_example_{new_id().hex}")
    yield made
    await databases.drop(postgres_admin_url, made.name)


async def owner(database: ServiceDatabase) -> "asyncpg.Connection[asyncpg.Record]":
    return await asyncpg.connect(database.owner_url, timeout=60)


async def test_a_migration_that_waits_for_a_table_lets_others_through_and_is_tried_again(
    database: ServiceDatabase, tmp_path: Path
) -> None:
    folder = revisions(tmp_path, "create table held (id int)", "alter table held add column more int")
    await asyncio.to_thread(upgrade, database.owner_url, folder, "1")
    holder, reader = await owner(database), await owner(database)
    holding = holder.transaction()
    await holding.start()
    await holder.execute("lock table held in access share mode")

    async def is_waiting() -> bool:
        query = "select exists (select from pg_locks where relation = 'held'::regclass and not granted)"
        return bool(await holder.fetchval(query))

    migrating = asyncio.create_task(asyncio.to_thread(upgrade, database.owner_url, folder))
    for _ in range(2):
        await eventually(is_waiting)
        # Comes behind the migration; served long before a migration that waited for ten seconds had given up.
        await reader.execute("set lock_timeout = '8s'")
        assert await reader.fetch("select * from held") == []
        assert not migrating.done()
    await holding.commit()
    await migrating

    assert await reader.fetch("select more from held") == []
    await holder.close()
    await reader.close()


async def test_a_revision_that_fails_leaves_those_before_it_done(
    database: ServiceDatabase, tmp_path: Path
) -> None:
    folder = revisions(tmp_path, "create table first (id int)", "select 1 / 0")

    with pytest.raises(Exception, match="division by zero"):
        await asyncio.to_thread(upgrade, database.owner_url, folder)

    connection = await owner(database)
    assert await connection.fetchval("select version_num from alembic_version") == "1"
    await connection.execute("select from first")
    await connection.close()


async def test_two_that_migrate_at_once_migrate_once(database: ServiceDatabase, tmp_path: Path) -> None:
    folder = revisions(tmp_path, "create table first (id int)", "alter table first add column more int")

    program = "import sys; from pathlib import Path; from shared.persistence.migrations import upgrade; "
    program += "upgrade(sys.argv[1], Path(sys.argv[2]))"
    arguments = (sys.executable, "-c", program, database.owner_url, str(folder))
    both = [await asyncio.create_subprocess_exec(*arguments) for _ in range(2)]
    assert [await each.wait() for each in both] == [0, 0]

    connection = await owner(database)
    assert await connection.fetch("select id, more from first") == []
    await connection.close()
