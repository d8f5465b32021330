"""The database's troubles told apart: what passes by itself, what gave way, what stays as it is."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bus.inbox import Message
from shared.kernel import new_id
from shared.persistence.database import Database, Deadlines, is_contention, is_overdue, is_transient
from shared.persistence.provision import service_database
from tests.infra.link import Link
from tests.infra.polling import eventually
from tests.shared.example_service import ExampleService, ExampleUnitOfWork
from wex.ports import free_port


async def error_of(database: Database, statement: str, **values: object) -> Exception:
    with pytest.raises((DBAPIError, OSError)) as failed:
        async with database.session() as session:
            await session.execute(text(statement), values)
    return failed.value


@pytest_asyncio.fixture
async def frozen() -> AsyncIterator[Database]:
    """A database that takes connections and never answers."""

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(keep_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    database = Database(
        f"postgresql://nobody@127.0.0.1:{port}/none", name="example", deadlines=Deadlines(connect=0.3)
    )
    yield database
    await database.close()
    server.close()


async def test_a_database_that_is_frozen_passes(frozen: Database) -> None:
    assert is_transient(await error_of(frozen, "select 1"))
    with pytest.raises(TimeoutError) as late:
        await frozen.connect()
    assert is_transient(late.value)


async def test_of_several_servers_the_one_that_may_be_written_to_is_found(
    frozen: Database, example: ExampleService
) -> None:
    """The first is silent, as a machine that was cut off; the pool and the connections outside it agree."""
    silent = frozen.url.rpartition("@")[2].partition("/")[0]
    database = Database(example.urls.app_url.replace("@", f"@{silent},127.0.0.1:1,"), name="example")
    try:
        async with database.session() as session:
            assert await session.scalar(text("select 1")) == 1
        connection = await database.connect()
        await connection.close()
    finally:
        await database.close()


async def test_a_server_that_falls_silent_costs_one_wait_and_not_one_for_each_connection(
    example: ExampleService,
) -> None:
    """Behind a link that is held back, as a machine that lost its power: no connection is closed."""
    server = example.urls.app_url.rpartition("@")[2].partition("/")[0]
    link = Link(free_port(), int(server.partition(":")[2]))
    await link.mend()
    deadlines = Deadlines(connect=10, command=1, statement=0.8)
    url = example.urls.app_url.replace("@", f"@127.0.0.1:{link.port},")
    database = Database(url, name="example", size=3, deadlines=deadlines)

    async def ask() -> Any:
        async with database.session() as session:
            return await session.scalar(text("select pg_sleep(0.2)::text"))

    try:
        await asyncio.gather(*(ask() for _ in range(3)))
        link.hold("there", "back")
        with pytest.raises(TimeoutError):
            await ask()
        assert await asyncio.gather(*(ask() for _ in range(3))) == ["", "", ""]
    finally:
        await link.close()
        await database.close()


def test_the_roles_of_a_database_on_several_servers_are_given_all_of_them() -> None:
    urls = service_database("postgresql://postgres@one:5432,two:5433/postgres", "bookings", "wex_bookings")

    assert urls.app_url == "postgresql://wex_bookings_app:wex_bookings_app@one:5432,two:5433/wex_bookings"


async def test_a_database_that_is_not_there_passes() -> None:
    database = Database("postgresql://nobody@127.0.0.1:1/none", name="example")

    assert is_transient(await error_of(database, "select 1"))


async def test_a_wait_that_ran_out_passes_whoever_cancelled_it() -> None:
    with pytest.raises(TimeoutError) as late:
        async with asyncio.timeout(0.01):
            await asyncio.Event().wait()

    assert is_transient(late.value)
    # Newer Pythons name the cancellation as the cause; it must not hide the time that ran out.
    late.value.__cause__ = asyncio.CancelledError()
    assert is_transient(late.value)


async def test_a_backend_that_is_killed_passes(example: ExampleService) -> None:
    sleeping = asyncio.create_task(error_of(example.database, "select pg_sleep(5)"))
    await eventually(lambda: example.kill_backends("example"))

    assert is_transient(await sleeping)


async def test_a_statement_past_its_deadline_passes_and_is_overdue(example: ExampleService) -> None:
    database = Database(example.urls.app_url, name="example", deadlines=Deadlines(statement=0.1))
    error = await error_of(database, "select pg_sleep(5)")
    await database.close()

    assert is_transient(error)
    assert is_overdue(error)


async def test_a_pool_without_a_free_connection_passes(example: ExampleService) -> None:
    database = Database(example.urls.app_url, name="example", size=1, deadlines=Deadlines(acquire=0.1))
    async with database.session() as session:
        await session.execute(text("select 1"))
        with pytest.raises(Exception, match="QueuePool") as full:
            async with database.session() as another:
                await another.execute(text("select 1"))
    await database.close()

    assert is_transient(full.value)


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        ("select cast(:n as integer)", {"n": 2**40}),
        ("select cast(:n as integer)", {"n": "x"}),
        ("select 1/0", {}),
        ("insert into things (thing_id) values (null)", {}),
        ("select nothing", {}),
        ("select cast(:n as text)", {"n": "\0"}),
    ],
)
async def test_a_fault_of_the_statement_itself_does_not_pass(
    example: ExampleService, statement: str, values: dict[str, object]
) -> None:
    error = await error_of(example.database, statement, **values)

    assert not is_transient(error)
    assert not is_contention(error)


def test_who_gave_way_is_tried_again_at_once() -> None:
    for kind in (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
        wrapped = DBAPIError("statement", {}, kind("gave way"))
        assert is_contention(wrapped)
        assert not is_transient(wrapped)


async def test_a_deadlock_is_resolved_by_trying_again(example: ExampleService) -> None:
    first, second = new_id(), new_id()
    await example.sql("insert into places select unnest($1::uuid[]), 10, 0", [first, second])

    async def take(session: AsyncSession, key: object) -> None:
        await session.execute(text("update places set taken = taken + 1 where session_id = :k"), {"k": key})

    async def take_both(order: tuple[object, object], uow: ExampleUnitOfWork) -> None:
        await take(uow.session, order[0])
        await asyncio.sleep(0.05)
        await take(uow.session, order[1])

    await asyncio.gather(
        example.bus.execute(Message("test", "1"), take_both, (first, second)),
        example.bus.execute(Message("test", "2"), take_both, (second, first)),
    )

    rows = await example.sql("select taken from places")
    assert [row["taken"] for row in rows] == [2, 2]
