"""Bugs planted on purpose, in the shape they are met with elsewhere: whoever passes one checks nothing."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from fastapi import Depends, FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.envelope import from_message
from shared.kernel import Conflict, new_id
from shared.persistence.database import Database
from tests.shared.example_service import ExampleService, ThingChanged, ThingEnded
from tests.shared.log import Log

ROWS = "select id, topic, key, payload from outbox"


async def send(producer: AIOKafkaProducer, log: Log, row: asyncpg.Record) -> None:
    await producer.send_and_wait(log.prefix + row["topic"], row["payload"], key=row["key"].encode())


@contextlib.asynccontextmanager
async def tools(
    example: ExampleService, log: Log
) -> AsyncIterator[tuple["asyncpg.Connection[Any]", AIOKafkaProducer]]:
    connection = await example.relay_database.connect()
    producer = AIOKafkaProducer(bootstrap_servers=log.bootstrap, acks="all")
    await producer.start()
    try:
        yield connection, producer
    finally:
        await producer.stop()
        connection.terminate()


async def relay_past_the_last_id(example: ExampleService, log: Log, stop: asyncio.Event) -> None:
    """A relay that asks for ids above the last one it saw: commits do not come in the order of ids."""
    async with tools(example, log) as (connection, producer):
        last = 0
        while not stop.is_set():
            rows = await connection.fetch(f"{ROWS} where id > $1 order by id limit 100", last)
            for row in rows:
                await send(producer, log, row)
                last = row["id"]
            await asyncio.sleep(0.002)


async def relays_that_skip_locked(example: ExampleService, log: Log) -> None:
    """Two relays that share the rows without shards: the second sends while the first still holds rows."""
    first_holds, second_sent = asyncio.Event(), asyncio.Event()

    async def send_next(connection: Any, producer: AIOKafkaProducer, turn: asyncio.Event) -> None:
        async with connection.transaction():
            rows = await connection.fetch(f"{ROWS} order by id limit 3 for update skip locked")
            first_holds.set()
            await turn.wait()
            for row in rows:
                await send(producer, log, row)
            await connection.execute("delete from outbox where id = any ($1)", [r["id"] for r in rows])

    async def first() -> None:
        async with tools(example, log) as (connection, producer):
            await send_next(connection, producer, second_sent)

    async def second() -> None:
        async with tools(example, log) as (connection, producer):
            await first_holds.wait()
            while await connection.fetchval("select count(*) from outbox") > 3:
                await send_next(connection, producer, first_holds)
            second_sent.set()

    # Locking rows takes more than the relay role is given, which is right.
    await example.sql("grant update on outbox to wex_example_relay")
    await asyncio.gather(first(), second())


async def relay_that_removes_first(example: ExampleService, log: Log, *, crash_at: int) -> None:
    """A relay that removes rows before the broker has them, and crashes at its nth batch."""
    async with tools(example, log) as (connection, producer):
        for batch in range(1, 1_000):
            rows = await connection.fetch(
                """
                with taken as (delete from outbox where id in (select id from outbox order by id limit 5)
                               returning id, topic, key, payload)
                select * from taken order by id
                """
            )
            if batch == crash_at:
                return
            for row in rows:
                await send(producer, log, row)
            if not rows:
                return


async def check_then_act(
    example: ExampleService, message_id: str, key: UUID, looked: asyncio.Barrier
) -> None:
    """Dedup that looks before it leaps: two deliveries at once both find nothing."""
    async with example.database.session() as session:
        find = text("select 1 from inbox where source = 'test' and message_id = :id")
        if await session.scalar(find, {"id": message_id}):
            return
        await looked.wait()
        await session.execute(text("insert into effects (key, number) values (:key, 1)"), {"key": key})
        remember = text("insert into inbox (source, message_id) values ('test', :id) on conflict do nothing")
        await session.execute(remember, {"id": message_id})
        await session.commit()


def app_that_commits_after_its_answer(example: ExampleService) -> FastAPI:
    """The usual session dependency: FastAPI answers first and commits afterwards."""
    app = FastAPI()

    async def session() -> AsyncIterator[AsyncSession]:
        async with example.database.session() as opened:
            yield opened
            await opened.commit()

    @app.post("/v1/changes")
    async def change(
        body: dict[str, Any], opened: Annotated[AsyncSession, Depends(session)]
    ) -> dict[str, bool]:
        statement = text("insert into effects (key, number) values (:key, :number)")
        await opened.execute(statement, {"key": new_id(), "number": body["size"]})
        return {"ok": True}

    return app


async def act_for_the_whole_session(session: AsyncSession, tenant: UUID) -> None:
    """The tenant set on the connection, not on the transaction."""
    await session.execute(text(f"set app.tenants = '{tenant}'"))


async def consumer_that_commits_first(example: ExampleService, log: Log, topic: str, in_hand: Any) -> None:
    """A consumer that moves its offset on before the effect."""
    async with _reader(log, topic) as reader:
        async for record in reader:
            await reader.commit()
            await in_hand(record)


async def consumer_that_skips_what_fails(example: ExampleService, log: Log, topic: str) -> None:
    """A consumer that logs what fails and goes on with the next message."""
    known = {each.type: each for each in (ThingChanged, ThingEnded)}
    async with _reader(log, topic) as reader:
        async for record in reader:
            with contextlib.suppress(Exception):
                event = from_message(record.headers, record.value or b"", known)
                if event.data.number == 2:
                    raise Conflict
                await example.sql(
                    "insert into effects (key, number) values ($1, $2)",
                    event.data.thing_id,
                    event.data.number,
                )
            await reader.commit()


async def book_by_counting(database: Database, session_id: UUID, counted: asyncio.Barrier) -> bool:
    """Count, then insert: every booker that counts before the others have committed finds a place."""
    async with database.session() as session:
        places = await session.scalar(
            text("select places from places where session_id = :id"), {"id": session_id}
        )
        taken = await session.scalar(
            text("select count(*) from bookings where session_id = :id"), {"id": session_id}
        )
        if taken >= places:
            return False
        await counted.wait()
        await session.execute(
            text("insert into bookings (booking_id, session_id) values (:booking, :id)"),
            {"booking": new_id(), "id": session_id},
        )
        await session.commit()
        return True


@contextlib.asynccontextmanager
async def _reader(log: Log, topic: str) -> AsyncIterator[AIOKafkaConsumer]:
    reader = AIOKafkaConsumer(
        log.prefix + topic,
        bootstrap_servers=log.bootstrap,
        group_id=log.prefix + "example",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    await reader.start()
    try:
        yield reader
    finally:
        await reader.stop()
