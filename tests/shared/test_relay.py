"""The relay: every committed event reaches the broker, each key in the order of its commits."""

import asyncio
import contextlib
import itertools
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from aiokafka.partitioner import DefaultPartitioner
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bus import outbox
from shared.kernel import new_id
from shared.messaging import kafka
from shared.messaging.partitioning import partition_of
from shared.messaging.relay import Relay
from shared.messaging.sender import Sender
from tests.infra.polling import eventually
from tests.shared import planted
from tests.shared.example_service import TOPIC, ExampleService, ThingChanged
from tests.shared.log import Log, event


@dataclass(frozen=True)
class Verdict:
    """What became of the events of some aggregates: how many never came, and how many came too early."""

    lost: int
    early: int


async def aggregates(example: ExampleService, count: int) -> list[UUID]:
    """Rows whose versions number their events."""
    keys = [new_id() for _ in range(count)]
    await example.sql("insert into places select unnest($1::uuid[]), 1000000, 0", keys)
    return keys


async def change(session: AsyncSession, key: UUID) -> None:
    """Change a thing and say so, without the commit."""
    take = text("update places set taken = taken + 1 where session_id = :key returning taken")
    number = int(await session.scalar(take, {"key": key}) or 0)
    said = ThingChanged(thing_id=key, tenant_id=key, number=number)
    await outbox.write(session, [event(said, number)])


async def committed_and_read(example: ExampleService, log: Log, key: UUID) -> None:
    """Change a thing, commit, and wait until its event is in the log."""
    async with example.database.session() as session:
        await change(session, key)
        await session.commit()

    async def is_read() -> bool:
        return str(key) in {record.key.decode() for record in await log.read(TOPIC)}

    await eventually(is_read)


async def change_at_random(example: ExampleService, keys: list[UUID], changes: int, seed: int) -> None:
    """Transactions as the bus makes them; one in five dawdles, so ids and commits differ in order."""
    chance = random.Random(seed)
    for _ in range(changes):
        key = chance.choice(keys)
        async with example.database.session() as session:
            await change(session, key)
            if chance.random() < 0.2:
                await asyncio.sleep(chance.uniform(0, 0.02))
            await session.commit()


async def verdict(example: ExampleService, log: Log, keys: list[UUID]) -> Verdict:
    """Hold the log against the rows: of a message sent twice the first counts."""
    rows = await example.sql("select session_id, taken from places")
    expected = {str(row["session_id"]): row["taken"] for row in rows}
    seen: dict[str, list[int]] = {str(key): [] for key in keys}
    for record in await log.read(TOPIC):
        number = json.loads(record.value)["number"]
        if number not in (numbers := seen[record.key.decode()]):
            numbers.append(number)
    lost = sum(expected[key] - len(numbers) for key, numbers in seen.items())
    early = sum(a > b for numbers in seen.values() for a, b in itertools.pairwise(numbers))
    return Verdict(lost, early)


@contextlib.asynccontextmanager
async def relaying(
    example: ExampleService, log: Log, count: int = 1, **more: Any
) -> AsyncIterator[list[Relay]]:
    relays = [example.relay(log.bootstrap, log.prefix, **more) for _ in range(count)]
    for relay in relays:
        await relay.start()
    try:
        yield relays
    finally:
        await asyncio.gather(*(relay.stop() for relay in relays))


async def is_drained(example: ExampleService) -> bool:
    return not await example.sql("select from outbox limit 1")


async def write_with(example: ExampleService, keys: list[UUID], changes: int = 40) -> None:
    await asyncio.gather(*(change_at_random(example, keys, changes, seed) for seed in range(8)))


async def test_every_event_arrives_in_the_order_of_its_aggregate(example: ExampleService, log: Log) -> None:
    keys = await aggregates(example, 10)
    async with relaying(example, log):
        await write_with(example, keys)
        await eventually(lambda: is_drained(example))

    assert await verdict(example, log, keys) == Verdict(lost=0, early=0)


async def test_several_relays_keep_the_order_between_them(example: ExampleService, log: Log) -> None:
    keys = await aggregates(example, 4)
    async with relaying(example, log, count=3, batch=3):
        await write_with(example, keys)
        await eventually(lambda: is_drained(example))

    assert await verdict(example, log, keys) == Verdict(lost=0, early=0)


async def test_planted_a_relay_past_the_last_id_loses_events(example: ExampleService, log: Log) -> None:
    late, early, last = keys = await aggregates(example, 3)
    stop = asyncio.Event()
    relay = asyncio.create_task(planted.relay_past_the_last_id(example, log, stop))
    async with example.database.session() as dawdling:
        await change(dawdling, late)
        await committed_and_read(example, log, early)
        await dawdling.commit()
    await committed_and_read(example, log, last)
    stop.set()
    await relay

    assert await verdict(example, log, keys) == Verdict(lost=1, early=0)


async def test_planted_relays_that_skip_locked_break_the_order(example: ExampleService, log: Log) -> None:
    keys = await aggregates(example, 1)
    await change_at_random(example, keys, 9, seed=1)
    await planted.relays_that_skip_locked(example, log)

    assert await verdict(example, log, keys) == Verdict(lost=0, early=1)


async def test_backends_killed_again_and_again_lose_nothing(example: ExampleService, log: Log) -> None:
    keys = await aggregates(example, 6)
    async with relaying(example, log, count=2, batch=20):
        writing = asyncio.create_task(write_with(example, keys, changes=30))
        while not writing.done():
            await example.kill_backends("example-relay")
            await asyncio.sleep(0.15)
        await writing
        await eventually(lambda: is_drained(example))

    assert await verdict(example, log, keys) == Verdict(lost=0, early=0)


@pytest.mark.parametrize("sent", [False, True], ids=["before sending", "after sending"])
async def test_a_crash_between_taking_and_removing_loses_nothing(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch, *, sent: bool
) -> None:
    keys = await aggregates(example, 3)
    await write_with(example, keys, changes=5)
    send, crashes = Sender.send, iter([True, False, True])

    async def crash(sender: Sender, rows: Any) -> Any:
        failing = next(crashes, False)
        done = await send(sender, rows) if sent or not failing else []
        if failing:
            raise ConnectionResetError
        return done

    monkeypatch.setattr(Sender, "send", crash)
    async with relaying(example, log, batch=10):
        await eventually(lambda: is_drained(example))

    assert await verdict(example, log, keys) == Verdict(lost=0, early=0)
    ids = [dict(record.headers)["ce_id"] for record in await log.read(TOPIC)]
    assert (len(ids) > len(set(ids))) == sent


async def test_planted_a_relay_that_removes_first_loses_events_in_a_crash(
    example: ExampleService, log: Log
) -> None:
    keys = await aggregates(example, 3)
    await write_with(example, keys, changes=5)
    await planted.relay_that_removes_first(example, log, crash_at=3)
    await planted.relay_that_removes_first(example, log, crash_at=0)

    assert (await verdict(example, log, keys)).lost == 5


async def test_a_relay_in_waiting_takes_over_when_the_first_is_gone(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    async with relaying(example, log) as (first,), relaying(example, log):
        await example.change(key, 1)
        await eventually(lambda: is_drained(example))
        await first.stop()
        await example.change(key, 2)
        await eventually(lambda: is_drained(example))

    assert [json.loads(record.value)["number"] for record in await log.read(TOPIC)] == [1, 2]


async def test_a_relay_in_waiting_asks_for_its_shard_once_a_second_however_often_it_is_woken(
    example: ExampleService, log: Log
) -> None:
    holder = await example.relay_database.connect()
    for shard in range(outbox.SHARDS):
        await holder.execute("select pg_advisory_lock(8254100, $1)", shard)
    async with relaying(example, log) as (relay,):
        asked = 0
        for _ in range(50):
            relay._on_wake()
            rows = await example.sql(
                """
                select count(distinct query_start) as asked from pg_stat_activity
                where datname = current_database() and application_name = 'example-relay'
                  and query_start > clock_timestamp() - interval '20 milliseconds'
                """
            )
            asked += rows[0]["asked"]
            await asyncio.sleep(0.01)
    holder.terminate()

    assert asked < 40


async def test_a_commit_wakes_the_relay_long_before_its_poll(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.relay.POLL_SECONDS", 3600.0)
    await example.waker.start()
    async with relaying(example, log):
        await eventually(lambda: _listens(example))
        for number in range(1, 4):
            await example.change(new_id(), number)
            await eventually(lambda: is_drained(example))


async def _listens(example: ExampleService) -> bool:
    rows = await example.sql(
        "select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
    )
    return bool(rows)


async def test_without_a_wake_the_poll_finds_the_events(example: ExampleService, log: Log) -> None:
    async with relaying(example, log):
        await example.change(new_id())
        await eventually(lambda: is_drained(example))


async def test_the_broker_gets_exact_bytes_headers_and_the_time_of_the_change(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    await example.change(key, 7)
    (row,) = await example.sql("select payload, event_id, created_at from outbox")
    async with relaying(example, log):
        await eventually(lambda: is_drained(example))

    (record,) = await log.read(TOPIC)
    headers = {name: value.decode() for name, value in record.headers}
    assert record.value == row["payload"]
    assert record.key == str(key).encode()
    assert record.timestamp == int(row["created_at"].timestamp() * 1000)
    assert headers["ce_id"] == str(row["event_id"])
    assert headers["ce_type"] == "thing.changed.v1"
    assert headers["ce_sequence"] == "7"
    assert headers["ce_dataschema"] == "/schemas/thing.changed.v1.json"


async def test_what_was_published_is_archived_as_it_was_in_the_order_of_its_ids(
    example: ExampleService, log: Log
) -> None:
    keys = [new_id() for _ in range(3)]
    for key in keys:
        await example.change(key, 7)
    columns = "topic, key, event_id, headers, payload, created_at"
    waiting = await example.sql(f"select id, {columns} from outbox order by id")
    async with relaying(example, log, batch=1):
        await eventually(lambda: is_drained(example))

    archived = await example.sql(f"select outbox_id as id, {columns} from outbox_archive order by outbox_id")
    assert len(waiting) == 3
    assert archived == waiting


def test_a_key_goes_to_the_partition_the_clients_own_partitioner_chooses() -> None:
    theirs = DefaultPartitioner()
    keys = [bytes(range(start, start + length)) for length in range(64) for start in (0, 61, 190)]
    for key in [*keys, *(str(new_id()).encode() for _ in range(50))]:
        assert partition_of(key, 12) == theirs(key, list(range(12)), [])


async def test_a_tombstone_follows_the_events_of_its_transaction(example: ExampleService, log: Log) -> None:
    key = new_id()
    async with example.database.session() as session:
        said = ThingChanged(thing_id=key, tenant_id=key, number=1)
        await outbox.write(session, [event(said)], [(TOPIC, str(key), new_id())])
        await session.commit()
    async with relaying(example, log):
        await eventually(lambda: is_drained(example))

    assert [record.value is None for record in await log.read(TOPIC)] == [False, True]


async def test_more_than_a_batch_holds_is_sent_in_several_and_in_order(
    example: ExampleService, log: Log
) -> None:
    keys = await aggregates(example, 1)
    await change_at_random(example, keys, 30, seed=1)
    async with relaying(example, log, batch=7):
        await eventually(lambda: is_drained(example))

    assert await verdict(example, log, keys) == Verdict(lost=0, early=0)


async def test_an_event_too_large_to_send_fails_its_own_transaction_and_stops_nobody(
    example: ExampleService,
) -> None:
    said = ThingChanged(thing_id=new_id(), tenant_id=new_id(), number=1)
    large = said.model_copy(update={"number": "9" * outbox.MAX_EVENT_BYTES})
    async with example.database.session() as session:
        with pytest.raises(ValueError, match="larger"), pytest.warns(UserWarning, match="serializer"):
            await outbox.write(session, [event(large)])


async def test_a_producer_that_cannot_be_stopped_is_abandoned_with_its_sender(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kafka, "STOP_DEADLINE", 0.2)
    producer = kafka.producer(log.bootstrap, "test")
    await producer.start()

    async def never(*_: object, **__: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(producer.client, "send", never)
    pending = await producer.send(log.prefix + TOPIC, b"x")
    sender = producer._sender.sender_task
    await kafka.stop_quietly(producer)

    assert sender.cancelled() or sender.done() or sender.cancelling()
    assert not pending.done()
    pending.cancel()
