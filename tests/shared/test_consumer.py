"""The consumer: each event has its effect once and in the order of its key; nothing is skipped."""

import asyncio
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from shared.bus.inbox import InFlight
from shared.contracts.envelope import Event
from shared.kernel import ConcurrentChange, new_id
from shared.messaging.partitioning import partition_of
from shared.messaging.policy import Subscription
from shared.messaging.verdicts import TRIES
from tests.infra.polling import eventually
from tests.shared import planted
from tests.shared.consuming import (
    changed,
    consuming,
    has_effects,
    headers_of,
    slowly,
    subscriptions,
)
from tests.shared.example_service import (
    TOPIC,
    ExampleService,
    ExampleUnitOfWork,
    Note,
    ThingChanged,
)
from tests.shared.log import Log


async def test_each_event_has_its_effect_once_and_in_the_order_of_its_key(
    example: ExampleService, log: Log
) -> None:
    keys = [new_id() for _ in range(4)]
    events = [changed(key, number) for number in range(1, 16) for key in keys]
    await log.write(*events)
    async with consuming(example, log):
        await eventually(lambda: has_effects(example, keys[-1], list(range(1, 16))))
        await log.write(*events[:20])
        await log.write(*(changed(key, 16) for key in keys))
        for key in keys:
            await eventually(partial(has_effects, example, key, list(range(1, 17))))


async def test_a_message_another_process_has_in_hand_is_waited_for_and_not_parked(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, refused = changed(new_id(), 1), []
    other, execute = await example.database.connect(), example.bus.execute
    await other.execute(
        "select pg_advisory_lock(hashtextextended($1, 0))", f"when_thing_changed_note_it {said.id}"
    )

    async def count_refusals(*arguments: Any) -> Any:
        try:
            return await execute(*arguments)
        except InFlight:
            refused.append(1)
            raise

    monkeypatch.setattr(example.bus, "execute", count_refusals)
    async with consuming(example, log):
        await log.write(said)
        await eventually(lambda: len(refused) > TRIES)
        assert await example.effects() == []
        other.terminate()
        await eventually(lambda: has_effects(example, said.data.thing_id, [1]))

    assert await example.parked() == []


async def test_a_change_that_was_quicker_is_waited_out_and_the_message_not_parked(
    example: ExampleService, log: Log
) -> None:
    tries: list[int] = []

    def note_of(event: Event[ThingChanged]) -> Note:
        tries.append(1)
        return Note(event.data.thing_id, 1, fails=ConcurrentChange() if len(tries) < 6 else None)

    key = new_id()
    async with consuming(example, log, subscriptions(note_of)):
        await log.write(changed(key, 1))
        await eventually(lambda: has_effects(example, key, [1]))

    assert await example.parked() == []


async def test_tombstones_and_types_a_stranger_made_up_are_passed(example: ExampleService, log: Log) -> None:
    key = new_id()
    newer = [(name, b"thing.exploded.v9" if name == "ce_type" else value) for name, value in headers_of(key)]
    await log.write_raw((TOPIC, str(key).encode(), b"{}", newer), (TOPIC, str(key).encode(), None, []))
    await log.write(changed(key, 1))
    async with consuming(example, log):
        await eventually(lambda: has_effects(example, key, [1]))

    assert await example.parked() == []


async def committed_with_a_message_in_hand(log: Log, begun: asyncio.Event) -> bool:
    """Whether the offset moved past a message while its effect is still to come."""
    await log.write(changed(new_id(), 1))
    await asyncio.wait_for(begun.wait(), 60)
    await asyncio.sleep(0.3)
    return sum((await log.committed("example", TOPIC)).values()) > 0


async def test_the_offset_moves_on_after_the_effect(example: ExampleService, log: Log) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async with consuming(example, log, slowly(begun, finish)):
        assert not await committed_with_a_message_in_hand(log, begun)
        finish.set()
        await eventually(lambda: _has_committed(log, 1))


async def _has_committed(log: Log, count: int) -> bool:
    committed = sum((await log.committed("example", TOPIC)).values())
    assert committed == count
    return True


async def test_planted_an_offset_that_moves_on_before_the_effect_is_seen(
    example: ExampleService, log: Log
) -> None:
    begun = asyncio.Event()

    async def in_hand(_: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    hasty = asyncio.create_task(planted.consumer_that_commits_first(example, log, TOPIC, in_hand))
    assert await committed_with_a_message_in_hand(log, begun)
    hasty.cancel()
    await asyncio.gather(hasty, return_exceptions=True)


async def test_stopping_finishes_the_message_in_hand_commits_it_and_leaves_the_rest(
    example: ExampleService, log: Log
) -> None:
    key, begun, finish = new_id(), asyncio.Event(), asyncio.Event()
    consumer = example.consumer(log.bootstrap, log.prefix, slowly(begun, finish))
    await log.write(*(changed(key, number) for number in range(1, 6)))
    await consumer.start()
    await asyncio.wait_for(begun.wait(), 60)

    stopping = asyncio.create_task(consumer.stop())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    finish.set()
    await stopping

    assert await example.effects() == [1]
    assert sum((await log.committed("example", TOPIC)).values()) == 1
    async with consuming(example, log, slowly(begun, finish)):
        await eventually(lambda: has_effects(example, key, [1, 2, 3, 4, 5]))


def keys_of_each_partition(number: int) -> list[UUID]:
    """As many keys of either partition: whichever a member has, something comes on it."""
    found: dict[int, list[UUID]] = {0: [], 1: []}
    while min(map(len, found.values())) < number:
        key = new_id()
        found[partition_of(str(key).encode(), 2)].append(key)
    return [*found[0][:number], *found[1][:number]]


async def test_a_second_member_takes_its_share_and_each_event_has_its_effect_once(
    example: ExampleService, log: Log
) -> None:
    keys = keys_of_each_partition(4)

    def seen_by(name: str) -> list[Subscription[ExampleUnitOfWork]]:
        return subscriptions(lambda e: Note(e.data.thing_id, e.data.number, seen_by=name))

    async with consuming(example, log, seen_by("first")) as first:
        await eventually(lambda: first.waiting_for_group() is None)
        for number in range(1, 11):
            await log.write(*(changed(key, number) for key in keys))
        async with consuming(example, log, seen_by("second")) as second:
            await eventually(lambda: second.waiting_for_group() is None)
            for number in range(11, 21):
                await log.write(*(changed(key, number) for key in keys))
            for key in keys:
                await eventually(partial(has_effects, example, key, list(range(1, 21))))
        await log.write(*(changed(key, 21) for key in keys))
        for key in keys:
            await eventually(partial(has_effects, example, key, list(range(1, 22))))

    who = await example.sql("select distinct seen_by from effects")
    assert {row["seen_by"] for row in who} == {"first", "second"}
    assert await example.parked() == []


async def test_a_member_that_comes_waits_for_the_message_in_hand_and_begins_behind_it(
    example: ExampleService, log: Log
) -> None:
    key, begun, finish = new_id(), asyncio.Event(), asyncio.Event()
    async with consuming(example, log, slowly(begun, finish)):
        await log.write(changed(key, 1), changed(key, 2))
        await asyncio.wait_for(begun.wait(), 60)
        async with consuming(example, log, slowly(begun, finish)) as second:
            await asyncio.sleep(1)
            assert second.waiting_for_group() is not None
            finish.set()
            await eventually(lambda: has_effects(example, key, [1, 2]))
            assert await example.parked() == []


async def test_killed_backends_delay_effects_and_lose_none(example: ExampleService, log: Log) -> None:
    keys = [new_id() for _ in range(4)]
    await log.write(*(changed(key, number) for number in range(1, 26) for key in keys))
    async with consuming(example, log):
        for _ in range(6):
            await asyncio.sleep(0.1)
            await example.kill_backends("example")
        for key in keys:
            await eventually(partial(has_effects, example, key, list(range(1, 26))))

    assert await example.parked() == []
