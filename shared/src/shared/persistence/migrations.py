"""What migrations are written with, and how they are run: grants, row-level security, short lock waits."""

import asyncio
import random
from collections.abc import Awaitable
from pathlib import Path

import asyncpg
from alembic import command, op
from alembic.config import Config
from asyncpg.connect_utils import SessionAttribute
from sqlalchemy import Connection, pool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from shared.persistence.database import causes_of
from shared.persistence.provision import role_names
from shared.persistence.schema import Revisions, SchemaUnfitError, schema_of

# A statement that comes while a migration waits for a table waits behind it, and for four seconds at most: so
# the migration gives up sooner, lets the others through and tries again, for some four minutes.
LOCK_WAIT, LOCK_TRIES = "2s", 80


def add_index(name: str, on: str) -> None:
    """Make an index on a table in use, in a revision of its own: one that was broken off is made anew."""
    with op.get_context().autocommit_block():
        op.execute(f"drop index concurrently if exists {name}")
        # Alembic has ended the transaction before; the linter sees the statement alone.
        outside = "-- squawk-ignore ban-concurrent-index-creation-in-transaction"
        op.execute(f"{outside}\ncreate index concurrently if not exists {name} on {on}")


def grant(service: str, table: str, rights: str = "select, insert, update, delete") -> None:
    """Let the app role use a table; give fewer rights where history must stand."""
    _, app, _ = role_names(service)
    op.execute(f"grant {rights} on {table} to {app}")


# A sub-select, so that a statement reads the setting once instead of once a row: it may name hundreds.
_SET = "string_to_array(nullif(current_setting('app.tenants', true), ''), ',')"
TENANTS = f"any ((select {_SET}::uuid[])::uuid[])"


def protect(table: str, *tenant_columns: str, read_by_all: bool = False) -> None:
    """Row-level security: a row belongs to the tenants in these columns; writes are always checked.

    Forced on the owner too. With `read_by_all` the rows are public to read.
    """
    mine = " or ".join(f"{column} = {TENANTS}" for column in tenant_columns)
    reading = "true" if read_by_all else mine
    statements(
        f"""
        alter table {table} enable row level security;
        alter table {table} force row level security;
        create policy {table}_read on {table} for select using ({reading});
        create policy {table}_insert on {table} for insert with check ({mine});
        create policy {table}_update on {table} for update using ({mine}) with check ({mine});
        create policy {table}_delete on {table} for delete using ({mine});
        """
    )


def statements(sql: str) -> None:
    """Run several statements, one by one: asyncpg prepares a single one at a time."""
    for statement in sql.split(";\n"):
        if statement.strip():
            op.execute(statement.strip().rstrip(";"))


# The table of revisions and this one tell every role of the service what it has before it.
_SCHEMA_FLOOR = """
create table if not exists schema_floor (
  alone boolean primary key default true check (alone),
  revision text not null
);
grant select on schema_floor to public;
"""


def raise_floor(revision: str) -> None:
    """From here on only releases that know `revision` may run: others would read or write what is gone."""
    op.execute(
        f"insert into schema_floor (revision) values ('{revision}') "  # noqa: S608 - of a migration
        "on conflict (alone) do update set revision = excluded.revision"
    )


def upgrade(url: str, folder: Path, revision: str = "head") -> None:
    """Bring the database at `url` to `revision` with the migrations in `folder`.

    One that a newer release has migrated, and this one may run on, stays as it is. Raises `SchemaUnfitError`.
    """
    if revision == "head" and not asyncio.run(_is_older(url, folder)):
        return
    config = Config()
    config.set_main_option("script_location", str(folder))
    config.attributes["url"] = url
    command.upgrade(config, revision)


async def _is_older(url: str, folder: Path) -> bool:
    """Whether there may be something to migrate. Raises `SchemaUnfitError`."""
    revisions = Revisions.of(folder.parent.name, folder)
    connection = await asyncpg.connect(url, target_session_attrs=SessionAttribute.read_write)
    try:
        schema = await schema_of(connection)
    finally:
        await connection.close()
    if not revisions.newer(schema):
        return True
    if why := revisions.unfit(schema):
        raise SchemaUnfitError(why)
    return False


def run_migrations(config: Config, url: str) -> None:
    """What a service's `env.py` calls: migrate as the owner role while the service runs, one at a time.

    Each revision is committed by itself, and tried again where a table is in use for too long.
    """
    asyncio.run(_run(config.attributes.get("url") or url))


async def _run(url: str) -> None:
    def connect() -> "Awaitable[asyncpg.Connection[asyncpg.Record]]":
        return asyncpg.connect(url, target_session_attrs=SessionAttribute.read_write)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=pool.NullPool)
    try:
        async with engine.connect() as connection:
            await connection.execute(text(f"set lock_timeout = '{LOCK_WAIT}'"))
            await connection.commit()
            for tries_left in reversed(range(LOCK_TRIES)):
                try:
                    return await connection.run_sync(_migrate)
                except DBAPIError as error:
                    waited = any(
                        isinstance(cause, asyncpg.LockNotAvailableError) for cause in causes_of(error)
                    )
                    if not (waited and tries_left):
                        raise
                    await connection.rollback()
                    await asyncio.sleep(random.uniform(0.5, 1.5))  # noqa: S311 - jitter
    finally:
        await engine.dispose()


def _migrate(connection: Connection) -> None:
    from alembic import context  # noqa: PLC0415 - only there while Alembic runs

    # Two replicas starting at once must not migrate at once. The lock is the session's, and ends with it.
    connection.execute(text("select pg_advisory_lock(8254001)"))
    for statement in filter(str.strip, _SCHEMA_FLOOR.split(";\n")):
        connection.execute(text(statement))
    connection.commit()
    # No metadata: migrations are written by hand. Each is a transaction of its own.
    context.configure(connection=connection, transaction_per_migration=True)
    with context.begin_transaction():
        context.run_migrations()
    connection.execute(text("grant select on alembic_version to public"))
    connection.commit()
