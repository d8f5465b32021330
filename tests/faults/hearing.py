"""Cells about what is heard: events that come again, topics read from zero, a message nobody can read."""

import asyncio
import os
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError

from tests.faults.draining import drain
from tests.faults.reading import SERVICES
from tests.faults.seen import COMPACTED, Ask
from tests.faults.stage import Stage
from wex.journey.clients import StepFailed

EVENTS = "bookings.events"
SESSION_SECONDS = 10.0


async def delivered_again(stage: Stage) -> str:
    """F11: every event of every topic lies in its partition again, two to five times."""
    times = stage.draw.randint(2, 5)
    await stage.work()
    before = await _quiet(stage)
    await stage.scenario.log.read()
    again = list({(r.topic, r.partition, _id(r)): r for r in stage.scenario.log.raw}.values())
    await _produce(stage, [record for _ in range(times) for record in again])
    await _compare(stage, before, heard_again=len(again) * times)
    return f"{len(again)} events {times} times"


async def read_from_zero(stage: Stage) -> str:
    """F12: every group begins at zero again, now and then with the claims of lasting events forgotten."""
    platform, forgets = stage.scenario.platform, stage.draw.random() < 0.5
    await stage.work()
    before = await _quiet(stage)
    told = await stage.scenario.log.read()
    workers = [name for names in platform.of_each("worker").values() for name in names]
    await asyncio.gather(*(platform.stop(worker) for worker in workers))
    if forgets:
        # What a claim's age does: events of compacted topics outlive it.
        lasting = [each.id for each in told if each.topic in COMPACTED]
        for service in SERVICES:
            query = "delete from inbox where message_id = any ($1) and source not like 'http:%'"
            await stage.scenario.rows.ask(service, query, lasting)
    await asyncio.gather(*(_begin_at_zero(stage, service) for service in SERVICES))
    await asyncio.gather(*(platform.start(worker) for worker in workers))
    await _compare(stage, before, heard_again=len(told))
    return f"{len(told)} events{', claims forgotten' if forgets else ''}"


async def unreadable_message(stage: Stage) -> str:
    """F13: a message breaks its contract: it alone is parked, its booking goes on, and a discard ends it."""
    scarce, other = stage.full[1], stage.full[0]
    first = await stage.ask(0, scarce, 0)
    await stage.ask(1, scarce, 0)
    line = await stage.ask(2, scarce, 0, waits=True)
    await drain(stage.scenario, stage.sessions)
    await _poison(stage, line)
    await stage.take_back(first)
    beside = await stage.ask(1, other, 1)
    await _until_state(stage, beside, "confirmed")
    await _until_state(stage, line, "confirmed")
    await drain(stage.scenario, stage.sessions)
    parked = await stage.scenario.rows.parked()
    if not parked or any(f"{line.booking} malformed" not in each for each in parked):
        stage.broken.append(f"parked is {parked}, it should be the malformed message of {line.booking} alone")
    for service in {each.partition(":")[0] for each in parked}:
        await _discard(stage, service)
    return f"{len(parked)} parked and discarded"


async def _quiet(stage: Stage, *, heard_again: int = 0) -> dict[str, str]:
    await drain(stage.scenario, stage.sessions, heard_again=heard_again)
    return await stage.scenario.rows.fingerprints()


async def _compare(stage: Stage, before: dict[str, str], *, heard_again: int) -> None:
    after = await _quiet(stage, heard_again=heard_again)
    stage.changed_tables += sorted(name for name in before if before[name] != after[name])


def _id(record: Any) -> str:
    return next((value.decode() for name, value in record.headers if name == "ce_id"), "")


async def _produce(stage: Stage, records: Iterable[Any]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stage.scenario.platform.addresses.kafka, acks="all")
    await producer.start()
    try:
        for r in records:
            await producer.send(r.topic, r.value, key=r.key, partition=r.partition, headers=list(r.headers))
        await producer.flush()
    finally:
        await producer.stop()


async def _begin_at_zero(stage: Stage, group: str) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=stage.scenario.platform.addresses.kafka, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        heard = {partition.topic for partition in await stage.scenario.log.committed(group)}
        mine: list[TopicPartition] = [p for p in stage.scenario.log.partitions if p.topic in heard]
        consumer.assign(mine)
        await _once_nobody_is_in_it(lambda: consumer.commit(dict.fromkeys(mine, 0)))
    finally:
        await consumer.stop()


async def _once_nobody_is_in_it(commit: Callable[[], Awaitable[None]]) -> None:
    """A worker with a name is missed by its group only when its session has ended."""
    async with asyncio.timeout(2 * SESSION_SECONDS):
        while True:
            try:
                return await commit()
            except CommitFailedError:
                await asyncio.sleep(2.0)


async def _poison(stage: Stage, line: Ask) -> None:
    """Put a broken message behind what the booking has said so far."""
    told = await stage.scenario.log.read()
    mine = next(each for each in told if each.key == line.booking and each.topic == EVENTS)
    raw = next(
        r
        for r in stage.scenario.log.raw
        if (r.topic, r.partition, r.offset) == (mine.topic, mine.partition, mine.offset)
    )
    forged = str(uuid.uuid4())
    stage.forged.add(forged)
    changed = {"ce_id": forged, "ce_type": "booking.changed.v1"}
    headers = [(name, changed[name].encode() if name in changed else value) for name, value in raw.headers]
    producer = AIOKafkaProducer(bootstrap_servers=stage.scenario.platform.addresses.kafka, acks="all")
    await producer.start()
    try:
        broken = b'{"booking_id": 7, "learner_ids": '
        await producer.send_and_wait(raw.topic, broken, key=raw.key, partition=raw.partition, headers=headers)
    finally:
        await producer.stop()


async def _discard(stage: Stage, service: str) -> None:
    """`python -m <service> parked discard` of all that failed, as an operator would."""
    query = "select id from parked_messages where replayed_at is null and state = 'failed'"
    for row in await stage.scenario.rows.ask(service, query):
        command = stage.scenario.platform._commands.service(service, "parked")
        act = ("discard", str(row["id"]), "--by", "faults", "--reason", "a trial broke it")
        process = await asyncio.create_subprocess_exec(
            *command.argv, *act, env={**os.environ, **command.environment}, stderr=asyncio.subprocess.PIPE
        )
        _, said = await process.communicate()
        if process.returncode:
            stage.broken.append(f"{service} discard: {said.decode().strip()}")


async def _state(stage: Stage, ask: Ask) -> str:
    rows = {b.id: b.state for b in await stage.scenario.rows.bookings([ask.session])}
    return rows.get(ask.booking, "nowhere")


async def _until_state(stage: Stage, ask: Ask, state: str) -> None:
    for _ in range(300):
        if await _state(stage, ask) == state:
            return
        await asyncio.sleep(0.1)
    raise StepFailed(f"a booking is {await _state(stage, ask)}, not {state}, after 30 s")
