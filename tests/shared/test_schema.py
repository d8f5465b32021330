"""A release runs on the schema it needs and on newer ones that let it, and on no other."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
import pytest_asyncio

from shared.kernel import new_id
from shared.persistence.database import Database
from shared.persistence.migrations import upgrade
from shared.persistence.provision import ServiceDatabase, provision, with_database
from shared.persistence.schema import Revisions, SchemaUnfitError, must_fit
from tests.infra import databases
from tests.infra.fixtures import ServiceDatabases
from tests.infra.polling import GENEROUS
from wex.environment import Addresses, service_environment
from wex.local_secrets import new_secrets

_ENV = """
from alembic import context
from shared.persistence.migrations import run_migrations
run_migrations(context.config, "")
"""
_REVISION = """
from shared.persistence.migrations import raise_floor, statements
revision, down_revision = {number!r}, {before!r}
def upgrade() -> None:
    statements("create table t{number} (id int)")
    {then}
"""
Release = Callable[..., Path]


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """The migrations of a release: so many revisions, the last of which does something more."""

    def make(revisions: int, then: str = "pass") -> Path:
        folder = tmp_path / f"example-{new_id().hex}" / "migrations"
        (folder / "versions").mkdir(parents=True)
        (folder / "env.py").write_text(_ENV)
        for number in range(1, revisions + 1):
            before = str(number - 1) if number > 1 else None
            last = then if number == revisions else "pass"
            text = _REVISION.format(number=str(number), before=before, then=last)
            (folder / "versions" / f"{number}.py").write_text(text)
        return folder

    return make


@pytest_asyncio.fixture
async def database(postgres_admin_url: str) -> AsyncIterator[ServiceDatabase]:
    made = await provision(postgres_admin_url, "example", f"test_example_{new_id().hex}")
    yield made
    await databases.drop(postgres_admin_url, made.name)


async def migrate(database: ServiceDatabase, folder: Path) -> None:
    await asyncio.to_thread(upgrade, database.owner_url, folder)


@asynccontextmanager
async def as_the_service(database: ServiceDatabase) -> AsyncIterator[Database]:
    """As a process of the service connects: by its app role."""
    connected = Database(database.app_url, name="test", size=1)
    try:
        yield connected
    finally:
        await connected.close()


async def starts(database: ServiceDatabase, folder: Path, *, patience: float = 0.0) -> None:
    async with as_the_service(database) as connected:
        await must_fit(connected, Revisions.of("example", folder), patience=patience)


async def test_a_release_starts_on_the_schema_it_needs(database: ServiceDatabase, release: Release) -> None:
    await migrate(database, release(2))

    await starts(database, release(2))


async def test_a_release_refuses_an_older_schema_and_names_both(
    database: ServiceDatabase, release: Release
) -> None:
    with pytest.raises(SchemaUnfitError, match=r"has schema none, .* needs 2"):
        await starts(database, release(2))
    await migrate(database, release(1))
    with pytest.raises(SchemaUnfitError, match=r"has schema 1, .* needs 2"):
        await starts(database, release(2))


async def test_a_release_waits_while_its_schema_is_made(database: ServiceDatabase, release: Release) -> None:
    newer = release(2)
    await migrate(database, release(1))
    starting = asyncio.create_task(starts(database, newer, patience=GENEROUS))

    await migrate(database, newer)

    await starting


async def test_a_release_runs_on_a_newer_schema_until_a_migration_rules_it_out(
    database: ServiceDatabase, release: Release
) -> None:
    one, two = release(1), release(2)
    await migrate(database, release(2))
    await starts(database, one)
    await migrate(database, release(3, "raise_floor('2')"))
    await starts(database, two)
    with pytest.raises(SchemaUnfitError, match=r"has schema 3, for releases that know 2 .* this one knows 1"):
        await starts(database, one, patience=GENEROUS)


async def test_a_rolled_back_release_leaves_a_newer_schema_as_it_is(
    database: ServiceDatabase, release: Release
) -> None:
    one = release(1)
    await migrate(database, release(2))
    await migrate(database, one)
    await migrate(database, release(3, "raise_floor('3')"))
    with pytest.raises(SchemaUnfitError, match="deploy a newer release"):
        await migrate(database, one)


@pytest.mark.timeout(400)
@pytest.mark.parametrize("role", [("worker",), ("parked", "list"), ("migrate",)])
async def test_a_process_of_a_service_ends_with_the_reason(
    postgres_admin_url: str, service_database: ServiceDatabases, role: tuple[str, ...], tmp_path: Path
) -> None:
    database = await service_database("bookings")
    admin = await asyncpg.connect(with_database(postgres_admin_url, database.name), timeout=60)
    await admin.execute("update alembic_version set version_num = '9999'")
    await admin.execute("insert into schema_floor (revision) values ('9998')")
    await admin.close()
    nowhere = "http://127.0.0.1:1"
    environment = service_environment(
        "bookings",
        port=0,
        environment="test",
        addresses=Addresses(postgres_admin_url, "127.0.0.1:1", nowhere, nowhere, {}),
        database=database,
        secrets=new_secrets(),
        clock=tmp_path / "clock",
    )
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bookings", *role),
        env=os.environ | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), 5 * GENEROUS)  # it starts alone
    last = output.decode().splitlines()[-1]
    assert process.returncode == 1
    assert last.startswith("the database of bookings has schema 9999, for releases that know 9998 or later")
