"""Cells about what is heard: events that come again, topics read from zero, a message nobody can read."""

import asyncio
import json
import os
import uuid
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import CommitFailedError

from tests.faults.draining import drain
from tests.faults.reading import SERVICES
from tests.faults.seen import Ask
from tests.faults.world import Scene
from wex.journey.clients import StepFailed

EVENTS = "bookings.events"
SESSION_SECONDS = 10.0
COMPACTED = {"opportunities.organisations", "bookings.learners", "bookings.places", "outcomes.frameworks"}


async def delivered_again(scene: Scene) -> str:
    """F11: every event of every topic lies in its partition again, two to five times."""
    times = scene.draw.randint(2, 5)
    await scene.uow()
    before = await _quiet(scene)
    await scene.world.log.read()
    again = list({(r.topic, r.partition, _id(r)): r for r in scene.world.log.raw}.values())
    await _produce(scene, [record for _ in range(times) for record in again])
    await _compare(scene, before, heard_again=len(again) * times)
    return f"{len(again)} events {times} times"


async def read_from_zero(scene: Scene) -> str:
    """F12: every group begins at zero again, now and then with the claims of lasting events forgotten."""
    platform, forgets = scene.world.platform, scene.draw.random() < 0.5
    await scene.uow()
    before = await _quiet(scene)
    told = await scene.world.log.read()
    workers = [f"{service}-worker" for service in SERVICES]
    await asyncio.gather(*(platform.stop(worker) for worker in workers))
    if forgets:
        # What a claim's age does: events of compacted topics outlive it.
        lasting = [each.id for each in told if each.topic in COMPACTED]
        for service in SERVICES:
            query = "delete from inbox where message_id = any ($1) and source not like 'http:%'"
            await scene.world.rows.ask(service, query, lasting)
    await asyncio.gather(*(_begin_at_zero(scene, service) for service in SERVICES))
    await asyncio.gather(*(platform.start(worker) for worker in workers))
    await _compare(scene, before, heard_again=len(told))
    return f"{len(told)} events{', claims forgotten' if forgets else ''}"


async def unreadable_message(scene: Scene) -> str:
    """F13: a message breaks its contract: its aggregate waits behind it, others go on, replay ends it."""
    scarce, other = scene.full[1], scene.full[0]
    first = await scene.ask(0, scarce, 0)
    await scene.ask(1, scarce, 0)
    line = await scene.ask(2, scarce, 0, waits=True)
    await drain(scene.world, scene.sessions)
    payload = await _poison(scene, line)
    await scene.take_back(first)
    beside = await scene.ask(1, other, 1)
    await _until_state(scene, beside, "confirmed")
    await drain(scene.world, [other, scene.spare])
    parked = await scene.world.rows.parked()
    if not parked or any(line.booking not in each for each in parked):
        scene.broken.append(f"parked is {parked}, it should be what is about {line.booking}")
    if await _state(scene, line) != "awaiting_clearance":
        scene.broken.append(f"the booking behind the message is {await _state(scene, line)}")
    for service in SERVICES:
        query = "update parked_messages set payload = $1 where key = $2 and reason like 'malformed%'"
        await scene.world.rows.ask(service, query, payload, line.booking)
        if any(each.startswith(service) for each in parked):
            await _replay(scene, service)
    await _until_state(scene, line, "confirmed")
    return f"{len(parked)} parked and replayed"


async def _quiet(scene: Scene, *, heard_again: int = 0) -> dict[str, str]:
    await drain(scene.world, scene.sessions, heard_again=heard_again)
    return await scene.world.rows.fingerprints()


async def _compare(scene: Scene, before: dict[str, str], *, heard_again: int) -> None:
    after = await _quiet(scene, heard_again=heard_again)
    scene.changed_tables += sorted(name for name in before if before[name] != after[name])


def _id(record: Any) -> str:
    return next((value.decode() for name, value in record.headers if name == "ce_id"), "")


async def _produce(scene: Scene, records: Iterable[Any]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=scene.world.platform.addresses.kafka, acks="all")
    await producer.start()
    try:
        for r in records:
            await producer.send(r.topic, r.value, key=r.key, partition=r.partition, headers=list(r.headers))
        await producer.flush()
    finally:
        await producer.stop()


async def _begin_at_zero(scene: Scene, group: str) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=scene.world.platform.addresses.kafka, group_id=group, enable_auto_commit=False
    )
    await consumer.start()
    try:
        heard = {partition.topic for partition in await scene.world.log.committed(group)}
        mine: list[TopicPartition] = [p for p in scene.world.log.partitions if p.topic in heard]
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


async def _poison(scene: Scene, line: Ask) -> bytes:
    """Put a broken message behind what the booking has said so far; answers what it should have been."""
    told = await scene.world.log.read()
    mine = next(each for each in told if each.key == line.booking and each.topic == EVENTS)
    raw = next(
        r
        for r in scene.world.log.raw
        if (r.topic, r.partition, r.offset) == (mine.topic, mine.partition, mine.offset)
    )
    forged = str(uuid.uuid4())
    scene.forged.add(forged)
    changed = {"ce_id": forged, "ce_type": "booking.changed.v1"}
    headers = [(name, changed[name].encode() if name in changed else value) for name, value in raw.headers]
    producer = AIOKafkaProducer(bootstrap_servers=scene.world.platform.addresses.kafka, acks="all")
    await producer.start()
    try:
        broken = b'{"booking_id": 7, "learner_ids": '
        await producer.send_and_wait(raw.topic, broken, key=raw.key, partition=raw.partition, headers=headers)
    finally:
        await producer.stop()
    named = ("booking_id", "session_id", "opportunity_id", "institution_id", "provider_id")
    whole = {name: mine.data[name] for name in named}
    return json.dumps(whole | {"learner_ids": [line.learner], "removed_learner_ids": []}).encode()


async def _replay(scene: Scene, service: str) -> None:
    """`python -m <service> replay`, as an operator would."""
    command = scene.world.platform._commands.service(service, "replay")
    process = await asyncio.create_subprocess_exec(
        *command.argv, env={**os.environ, **command.environment}, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    if process.returncode:
        scene.broken.append(f"{service} replay: {said.decode().strip()}")


async def _state(scene: Scene, ask: Ask) -> str:
    rows = {b.id: b.state for b in await scene.world.rows.bookings([ask.session])}
    return rows.get(ask.booking, "nowhere")


async def _until_state(scene: Scene, ask: Ask, state: str) -> None:
    for _ in range(300):
        if await _state(scene, ask) == state:
            return
        await asyncio.sleep(0.1)
    raise StepFailed(f"a booking is {await _state(scene, ask)}, not {state}, after 30 s")
