"""What the relay does when its lock, its server, a topic or a row is lost."""

import asyncio
import json
from functools import partial
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.kernel import new_id
from shared.messaging import sender as sending
from shared.messaging.sender import Sender
from shared.persistence.database import is_transient
from tests.infra.polling import eventually
from tests.shared.example_service import TOPIC, ExampleService
from tests.shared.log import Log
from tests.shared.test_relay import aggregates, change, is_drained, relaying

INSERT = """
    insert into outbox (shard, topic, key, event_id, headers, payload)
    values (0, $1, $2, gen_random_uuid(), $3::jsonb, $4)
"""


async def changed(example: ExampleService, key: Any, times: int = 1) -> None:
    for _ in range(times):
        async with example.database.session() as session:
            await change(session, key)
            await session.commit()


async def read_only(example: ExampleService, setting: str) -> None:
    """Let new connections to the example's database be such as may not write, or lift it."""
    server, _, name = example._admin.rpartition("/")
    connection = await asyncpg.connect(f"{server}/postgres")
    try:
        await connection.execute(f"alter database {name} set default_transaction_read_only = {setting}")
    finally:
        await connection.close()


async def numbers_of(log: Log, key: Any) -> list[int]:
    """The numbers of the key's events as they lie in the log, those that came twice too."""
    return [json.loads(r.value)["number"] for r in await log.read(TOPIC) if r.key.decode() == str(key)]


async def test_a_relay_that_lost_its_lock_sends_nothing_more(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, versions 1, 2 of a relay cut off came behind its successor's 1, 2, 3."""
    (key,) = await aggregates(example, 1)
    await changed(example, key, times=2)
    send, held, release, ended = Sender.send, asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def send_late(sender: Sender, rows: Any) -> Any:
        if held.is_set():
            return await send(sender, rows)
        held.set()
        try:
            await release.wait()
            return await send(sender, rows)
        finally:
            ended.set()

    monkeypatch.setattr(Sender, "send", send_late)
    async with relaying(example, log):
        await held.wait()
        await example.kill_backends("example-relay")
        await asyncio.wait_for(ended.wait(), 60)  # without having been released: it was ended
        await changed(example, key)
        await eventually(lambda: is_drained(example))
        release.set()

    assert await numbers_of(log, key) == [1, 2, 3]


async def test_a_server_that_may_not_be_written_to_is_away_and_nothing_is_sent_twice(
    example: ExampleService, log: Log
) -> None:
    """Before, on a read-only server 10 rows became 26 messages in 6 s."""
    (key,) = await aggregates(example, 1)
    await changed(example, key, times=5)
    await read_only(example, "on")
    try:
        await example.kill_backends("example%")
        example.database.engine.sync_engine.pool.dispose()
        with pytest.raises(asyncpg.InternalClientError):
            await example.database.connect()
        async with relaying(example, log):
            for _ in range(20):  # a relay at work would have sent them by then, again and again
                assert await log.read(TOPIC) == []
                await asyncio.sleep(0.05)
            await read_only(example, "off")
            await eventually(lambda: is_drained(example))
    finally:
        await read_only(example, "off")

    assert await numbers_of(log, key) == [1, 2, 3, 4, 5]


async def test_a_connection_to_a_server_that_became_read_only_is_given_up(example: ExampleService) -> None:
    async def write() -> None:
        async with example.database.session() as session:
            await session.execute(sending_nothing)
            await session.commit()

    sending_nothing = text("insert into effects (key, number) values (gen_random_uuid(), 0)")
    await write()
    async with example.database.session() as session:
        await session.execute(text("set session characteristics as transaction read only"))
        await session.commit()
    with pytest.raises(DBAPIError) as refused:
        await write()
    assert is_transient(refused.value)

    await write()


async def test_a_row_for_a_topic_that_is_not_there_stops_no_other(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, it kept the good ones of its shard from leaving, for ever."""
    keys = await aggregates(example, 4)
    headers = json.dumps({"ce_type": "nobody.knows.v1"})
    await example.sql(INSERT, "no-such-topic", str(new_id()), headers, b"{}")
    for key in keys:
        await changed(example, key, times=3)
    async with relaying(example, log):
        for key in keys:
            await eventually(partial(_has, log, key, [1, 2, 3]))

    left = await example.sql("select topic from outbox")
    assert [row["topic"] for row in left] == ["no-such-topic"]


@pytest.mark.parametrize(
    ("headers", "payload"),
    [("{}", b"9" * 300_000), ("[1]", b"{}")],
    ids=["larger than a batch", "headers that are none"],
)
async def test_a_row_that_cannot_be_sent_holds_back_its_own_key_alone(
    example: ExampleService, log: Log, headers: str, payload: bytes
) -> None:
    bad, good = await aggregates(example, 2)
    await example.sql(INSERT, TOPIC, str(bad), headers, payload)
    await example.sql(INSERT, TOPIC, str(bad), "{}", json.dumps({"number": 1}).encode())
    await changed(example, good, times=2)
    async with relaying(example, log):
        await eventually(lambda: _has(log, good, [1, 2]))

    assert await numbers_of(log, bad) == []
    assert len(await example.sql("select from outbox")) == 2


async def test_what_was_set_aside_is_tried_again(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_ASIDE_SECONDS", 0.2)
    (key,) = await aggregates(example, 1)
    await example.sql(INSERT, TOPIC, str(key), "{}", b"9" * 300_000)
    await changed(example, key)
    async with relaying(example, log) as (relay,):
        await eventually(lambda: _set_aside(relay))
        await example.sql("delete from outbox where length(payload) > 250000")
        await eventually(lambda: is_drained(example))

    assert await numbers_of(log, key) == [1]


async def _has(log: Log, key: Any, numbers: list[int]) -> bool:
    return await numbers_of(log, key) == numbers


def _set_aside(relay: Any) -> bool:
    return bool(relay._aside.keys)
