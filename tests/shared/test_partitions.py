"""Tables in partitions by day: nothing is taken twice across days, nothing fails for want of a partition."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from shared.bus import inbox
from shared.bus.command_bus import CommandEnvelope, Done
from shared.bus.inbox import InFlight, Message, Taken
from shared.kernel import Conflict, Refusal, new_id
from shared.persistence import partitions
from shared.persistence.database import is_transient
from shared.persistence.kit_partitions import partition_kit_tables
from shared.persistence.kit_tables import (
    add_deadline_retries,
    add_parked_states,
    add_restoring,
    create_kit_tables,
)
from shared.persistence.migrations import grant, statements
from shared.persistence.provision import provision
from tests.infra import databases
from tests.shared.example_service import SCHEMA, ChangeThing, ExampleService, ExampleUnitOfWork, change_thing

REQUEST = Message("http:school:person", "key", fingerprint=b"content")
EVENT = Message("when_x_do_y", str(new_id()))

# The statements of release 0.2.0, which goes on beside this one while it is replaced.
_LOOK_BEFORE = text(
    """
    select pg_try_advisory_xact_lock(hashtextextended(m.source || ' ' || m.message_id, 0)) as mine,
           i.source is not null as taken, i.fingerprint, i.answer
    from unnest(cast(:sources as text[]), cast(:ids as text[])) as m(source, message_id)
    left join inbox i on i.source = m.source and i.message_id = m.message_id
    """
)
_KEEP_BEFORE = text(
    """
    insert into inbox (source, message_id, fingerprint)
    select source, message_id, fingerprint
    from unnest(cast(:sources as text[]), cast(:ids as text[]), cast(:fingerprints as bytea[]))
         as m(source, message_id, fingerprint)
    on conflict do nothing
    """
)
_FORGET_BEFORE = text(
    """
    delete from inbox where (source, message_id) in (
      select source, message_id from inbox
      where received_at < clock_timestamp() - interval '2 days'
        and (source like 'http:%' or received_at < clock_timestamp() - interval '40 days')
      limit 5000)
    """
)


def _asked(message: Message) -> dict[str, Any]:
    """What those statements are given."""
    return {"sources": [message.source], "ids": [message.message_id], "fingerprints": [message.fingerprint]}


def id_of(moment: datetime) -> str:
    """An id of version 7 that was made at this moment."""
    return str(UUID(int=int(moment.timestamp() * 1000) << 80 | 0x7 << 76 | 0x2 << 62 | uuid4().int >> 66))


async def day(example: ExampleService, offset: int = 0) -> date:
    """The database's day, or one so many days from it."""
    (row,) = await example.sql("select (now() at time zone 'UTC')::date + $1::integer as day", offset)
    return row["day"]  # type: ignore[no-any-return]


async def taken(example: ExampleService, message: Message) -> bool:
    """Whether the message was taken before; if not, it has an effect now."""
    done = await example.bus.execute(message, change_thing, ChangeThing(new_id()))
    return isinstance(done, Taken)


async def where(example: ExampleService, message_id: str) -> list[str]:
    """The partitions that hold a claim of this id."""
    rows = await example.sql(
        "select tableoid::regclass::text as name from inbox where message_id = $1", message_id
    )
    return [row["name"] for row in rows]


@pytest.mark.parametrize("ago", [0, 1, 30, 400])
async def test_an_event_is_taken_once_however_old_it_is(example: ExampleService, ago: int) -> None:
    message = Message("when_x_do_y", id_of(datetime.now(UTC) - timedelta(days=ago)))

    assert not await taken(example, message)
    assert await taken(example, message)


async def test_a_claim_lies_in_the_day_of_its_event_and_no_other_partition_is_opened(
    example: ExampleService,
) -> None:
    tomorrow = id_of(datetime.now(UTC) + timedelta(days=1))
    message = Message("when_x_do_y", tomorrow)
    locked = text(
        "select relation::regclass::text from pg_locks join pg_class c on c.oid = relation "
        "where pid = pg_backend_pid() and relkind = 'r' and relname like 'inbox%'"
    )

    for claimed in (None, Taken(None)):
        async with example.database.session() as db:
            assert await inbox.claim(db, [message]) == [claimed]
            assert list(await db.scalars(locked)) == [f"partitions.inbox_long_{await day(example, 1):%Y%m%d}"]
            await db.commit()


async def test_an_event_refused_in_a_batch_leaves_none_of_the_batch_taken(example: ExampleService) -> None:
    envelopes: list[CommandEnvelope[int, None]] = [
        CommandEnvelope(Message("when_x_do_y", str(new_id())), number) for number in range(3)
    ]

    async def refuse_the_second(commands: Sequence[int], uow: ExampleUnitOfWork) -> list[Refusal | None]:
        await uow.effect(new_id(), 1)
        return [Conflict("full") if number == 1 else None for number in commands]

    with pytest.raises(Conflict):
        await example.bus.execute_each(envelopes, refuse_the_second)

    assert await example.effects() == []
    assert not any([await taken(example, each.message) for each in envelopes])


@pytest.mark.parametrize("message", [EVENT, REQUEST, Message("deadline:overdue", str(uuid4()))])
async def test_an_earlier_release_beside_this_one_takes_nothing_twice(
    example: ExampleService, message: Message
) -> None:
    async with example.database.session() as earlier:
        assert [row.taken for row in await earlier.execute(_LOOK_BEFORE, _asked(message))] == [False]
        with pytest.raises(InFlight):
            await taken(example, message)
        await earlier.execute(_KEEP_BEFORE, _asked(message))
        await earlier.commit()

    assert await taken(example, message)


@pytest.mark.parametrize("message", [EVENT, REQUEST])
async def test_an_earlier_release_finds_what_this_one_has_taken(
    example: ExampleService, message: Message
) -> None:
    assert not await taken(example, message)
    async with example.database.session() as earlier:
        await earlier.execute(_FORGET_BEFORE)
        assert [row.taken for row in await earlier.execute(_LOOK_BEFORE, _asked(message))] == [True]


async def test_without_a_partition_for_today_the_default_takes_its_rows_and_keeps_the_day(
    example: ExampleService,
) -> None:
    name = f"partitions.inbox_long_{await day(example):%Y%m%d}"
    await example.sql(f"drop table {name}")
    event = Message("when_x_do_y", id_of(datetime.now(UTC)))

    assert not await taken(example, event)
    assert await where(example, event.message_id) == ["partitions.inbox_long_default"]
    await partitions.keep(example.database, "inbox_long")
    assert await taken(example, event)
    made = await example.sql("select to_regclass($1) as made", name)
    assert made[0]["made"] is None


async def test_old_partitions_are_dropped_and_new_ones_made_whatever_is_in_them(
    example: ExampleService,
) -> None:
    days = {offset: await day(example, offset) for offset in (-41, -40, 0, 1, 2, 3)}
    name = {offset: f"partitions.inbox_long_{each:%Y%m%d}" for offset, each in days.items()}
    await example.sql(f"drop table {name[0]}, {name[3]}")
    for offset in (-41, -40, 0):
        await example.sql("select make_partition('inbox_long', $1)", days[offset])
        noon = datetime.combine(days[offset], time(12), UTC)
        await example.sql("insert into inbox (source, message_id) values ('when', $1)", id_of(noon))
    # These belong to no day: they lie in the default, one of them for too long.
    for message_id, age in (("late", 39), ("stray", 41)):
        await example.sql(
            "insert into inbox values ('when', $1, null, null, now() - make_interval(days => $2))",
            message_id, age,
        )  # fmt: skip

    await example.sweeper()._forget()

    left = await example.sql("select tableoid::regclass::text as name from inbox order by name")
    names = await example.sql(
        "select inhrelid::regclass::text as name from pg_inherits "
        "where inhparent = 'inbox_long'::regclass order by name"
    )
    dated = [name[offset] for offset in (-40, 0, 1, 2, 3)]
    assert [row["name"] for row in names] == [*dated, "partitions.inbox_long_default"]
    assert [row["name"] for row in left] == [*dated[:2], "partitions.inbox_long_default"]


async def test_who_holds_a_table_for_long_keeps_the_sweeper_from_its_partitions_and_nobody_else(
    example: ExampleService,
) -> None:
    await example.sql(f"drop table partitions.inbox_long_{await day(example, 3):%Y%m%d}")
    async with example.database.session() as long:
        await long.execute(text("select count(*) from inbox"))
        with pytest.raises(DBAPIError) as gave_up:
            await partitions.keep(example.database, "inbox_long")
        assert is_transient(gave_up.value)
        assert not await taken(example, EVENT)

    await partitions.keep(example.database, "inbox_long")


async def test_the_app_role_may_ask_for_upkeep_and_touch_no_partition(example: ExampleService) -> None:
    app = await asyncpg.connect(example.urls.app_url, timeout=60)
    try:
        assert await app.fetchval("select keep_partitions('outbox_archive')") == 0
        for statement in (
            "select make_partition('inbox_long', current_date + 9)",
            "select from partitions.inbox_long_default",
            "delete from inbox_long",
            "delete from outbox_archive",
            "update partitioned_tables set days_kept = 1",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(statement)
        with pytest.raises(asyncpg.NoDataFoundError):
            await app.execute("select keep_partitions('effects')")
    finally:
        await app.close()


@pytest_asyncio.fixture
async def earlier(postgres_admin_url: str) -> AsyncIterator[ExampleService]:
    """The example service as an earlier release left it: no partitions."""

    def migrate(connection: Connection) -> None:
        with Operations.context(MigrationContext.configure(connection)):
            create_kit_tables("example")
            add_deadline_retries()
            add_parked_states()
            add_restoring("example")
            statements(SCHEMA)
            grant("example", "effects")

    database = await provision(postgres_admin_url, "example", f"test_example_{new_id().hex}")
    await run_as_owner(database.owner_url, migrate)
    service = ExampleService(database, postgres_admin_url)
    yield service
    await service.close()
    await databases.drop(postgres_admin_url, database.name)


async def run_as_owner(url: str, migrate: Callable[[Connection], None]) -> None:
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.begin() as connection:
        await connection.run_sync(migrate)
    await engine.dispose()


def migrate_to_partitions(connection: Connection) -> None:
    with Operations.context(MigrationContext.configure(connection)):
        partition_kit_tables("example")


async def test_claims_from_before_the_partitions_stay_in_effect(earlier: ExampleService) -> None:
    now = datetime.now(UTC)
    messages = [
        REQUEST,
        Message("deadline:overdue", str(uuid4())),
        Message("dispatcher", str(new_id())),
        Message("framework", "national@1"),
        *(Message("when_x_do_y", id_of(now - timedelta(days=ago))) for ago in (0, 1, 39, 300)),
        Message("when_x_do_y", id_of(now + timedelta(days=2))),
    ]
    for message in messages:
        await earlier.sql(
            "insert into inbox (source, message_id, fingerprint) values ($1, $2, $3)",
            *(*message.identity, message.fingerprint),
        )

    await run_as_owner(earlier.urls.owner_url, migrate_to_partitions)

    assert [await taken(earlier, message) for message in messages] == [True] * len(messages)
    assert await earlier.effects() == []
    assert isinstance(await earlier.change(new_id()), Done)
    for parent in await partitions.parents(earlier.database):
        await partitions.keep(earlier.database, parent)
