"""A subscription that comes a year late hears what its topic still holds, and what is announced again."""

import json
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from shared.contracts.envelope import Event
from shared.kernel import new_id
from shared.messaging.policy import Instruction, Subscription
from tests.infra.polling import eventually
from tests.shared.consuming import TENANT, changed, consuming
from tests.shared.example_service import (
    OTHER_TOPIC,
    TOPIC,
    ExampleService,
    ExampleUnitOfWork,
    Note,
    OtherHappened,
    note,
)
from tests.shared.log import Log, event
from tests.shared.test_announcing import THINGS, announcer, have_things
from tests.shared.test_new_subscriptions import (
    NEW,
    forget_claims,
    has_seen,
    read_by_the_old_release,
    seen,
)
from tests.shared.test_restoring import all_sent


async def test_it_hears_by_announcement_what_retention_took(example: ExampleService, log: Log) -> None:
    things = await have_things(example, tenants=2, each=1)
    await read_by_the_old_release(example, log, things, 3)
    await take_by_retention(log, TOPIC)
    async with consuming(example, log, NEW):
        await log.write(*(changed(thing, 4) for thing in things))
        for thing in things:
            await eventually(partial(has_seen, example, "new", thing, 4))
            assert await seen(example, "new", thing) == [4]
        await announcer(example).announce(THINGS, rate=10_000)
        await all_sent(example, log)
        for thing in things:
            await eventually(partial(has_seen, example, "new", thing, 1))
            assert await seen(example, "new", thing) == [4, 1]


async def take_by_retention(log: Log, topic: str) -> None:
    """Let the broker drop all that the topic holds."""
    admin = AIOKafkaAdminClient(bootstrap_servers=log.bootstrap, request_timeout_ms=60_000)
    await admin.start()
    try:
        everything = RecordsToDelete(before_offset=-1)
        await admin.delete_records({TopicPartition(log.prefix + topic, n): everything for n in (0, 1)})
    finally:
        await admin.close()
    assert await log.read(topic) == []


async def test_it_hears_what_a_compacted_topic_keeps(example: ExampleService, log: Log) -> None:
    keys, erased = [new_id() for _ in range(3)], new_id()

    def of_others(name: str, by: str) -> Subscription[ExampleUnitOfWork]:
        def when_other_happened(event: Event[OtherHappened]) -> Instruction[ExampleUnitOfWork]:
            return Instruction(note, Note(event.data.thing_id, event.data.number, seen_by=by))

        return Subscription(name, OtherHappened, when_other_happened)

    old = of_others("when_other_happened_note_it", "")
    for number in range(1, 21):
        await log.write(*(happened(key, number) for key in [*keys, erased]))
    await log.write_raw((OTHER_TOPIC, str(erased).encode(), None, []))
    async with consuming(example, log, [old]):
        for key in keys:
            await eventually(partial(has_seen, example, "", key, 20))
        await compact(log, OTHER_TOPIC)
        last = await eventually(partial(compacted, log, keys), within=150, every=1.0)
        for key in keys:
            await eventually(partial(has_seen, example, "", key, last))
    await forget_claims(example)

    async with consuming(example, log, [old, of_others("when_other_happened_note_it_too", "new")]):
        for key in keys:
            await eventually(partial(has_seen, example, "new", key, last))
        await log.write(*(happened(key, last + 1) for key in keys))
        for key in keys:
            await eventually(partial(has_seen, example, "new", key, last + 1))
            numbers = await seen(example, "new", key)
            assert numbers == sorted(set(numbers))
            assert len(numbers) < last
    heard = await seen(example, "", keys[0])
    assert heard[:20] == [*range(1, 21)]
    assert heard == sorted(set(heard))


def happened(key: UUID, number: int) -> Event[Any]:
    return event(OtherHappened(thing_id=key, tenant_id=TENANT, number=number), number)


async def compact(log: Log, topic: str) -> None:
    """Let the broker keep the newest message of each key alone, as soon as it can."""
    settings = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
    admin = AIOKafkaAdminClient(bootstrap_servers=log.bootstrap, request_timeout_ms=60_000)
    await admin.start()
    try:
        name = log.prefix + topic
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=settings)])
    finally:
        await admin.close()


async def compacted(log: Log, keys: Sequence[UUID]) -> int:
    """The newest number, once fewer messages are kept than were written; each look begins a new segment."""
    numbers: dict[str, list[int]] = {}
    for record in await log.read(OTHER_TOPIC):
        if record.value is not None:
            data = json.loads(record.value)
            numbers.setdefault(data["thing_id"], []).append(data["number"])
    last = max(numbers[str(keys[0])])
    if all(len(numbers[str(key)]) < last for key in keys):
        return last
    await log.write(*(happened(key, last + 1) for key in keys))
    return 0
