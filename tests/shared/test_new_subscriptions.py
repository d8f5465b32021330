"""A subscription that is new to its service hears what was said before it, in order, and nothing twice."""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from shared.contracts.envelope import Event
from shared.kernel import new_id
from shared.messaging import positions
from shared.messaging.policy import Instruction, Subscription
from tests.infra.polling import eventually
from tests.shared.consuming import are_parked, changed, consuming, ended, headers_of
from tests.shared.example_service import (
    SUBSCRIPTIONS,
    TOPIC,
    ExampleService,
    ExampleUnitOfWork,
    Note,
    ThingChanged,
    note,
)
from tests.shared.log import Log

NAME = "when_thing_changed_note_it_too"


def when_thing_changed_note_it_too(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
    return Instruction(note, Note(event.data.thing_id, event.data.number, seen_by="new"))


OLD = SUBSCRIPTIONS
NEW = [*OLD, Subscription(NAME, ThingChanged, when_thing_changed_note_it_too)]


async def seen(example: ExampleService, by: str, key: UUID) -> list[int]:
    rows = await example.sql(
        "select number from effects where seen_by = $1 and key = $2 order by id", by, key
    )
    return [row["number"] for row in rows]


async def both_have_seen(example: ExampleService, numbers: dict[UUID, list[int]]) -> bool:
    for key, wanted in numbers.items():
        for by in ("", "new"):
            assert await seen(example, by, key) == wanted, by
    return True


async def read_by_the_old_release(example: ExampleService, log: Log, keys: Sequence[UUID], last: int) -> None:
    await log.write(*(changed(key, number) for number in range(1, last + 1) for key in keys))
    async with consuming(example, log, OLD):
        for key in keys:
            await eventually(partial(has_seen, example, "", key, last))


async def has_seen(example: ExampleService, by: str, key: UUID, last: int) -> bool:
    assert (await seen(example, by, key))[-1:] == [last]
    return True


async def forget_claims(example: ExampleService) -> None:
    """As after 40 days: whatever is delivered twice now has its effect twice."""
    await example.sql("delete from inbox")


async def test_it_hears_everything_from_before_and_nothing_twice(example: ExampleService, log: Log) -> None:
    keys = [new_id() for _ in range(6)]
    await read_by_the_old_release(example, log, keys, 20)
    await forget_claims(example)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [*range(1, 21)] for key in keys}))
        await log.write(*(changed(key, 21) for key in keys))
        await eventually(lambda: both_have_seen(example, {key: [*range(1, 22)] for key in keys}))
    async with consuming(example, log, NEW):
        await log.write(*(changed(key, 22) for key in keys))
        await eventually(lambda: both_have_seen(example, {key: [*range(1, 23)] for key in keys}))


async def test_what_is_said_meanwhile_comes_after_what_was_said_before(
    example: ExampleService, log: Log
) -> None:
    keys = [new_id() for _ in range(6)]
    await read_by_the_old_release(example, log, keys, 100)
    async with consuming(example, log, NEW):
        for number in range(101, 161):
            await log.write(*(changed(key, number) for key in keys))
        await eventually(lambda: both_have_seen(example, {key: [*range(1, 161)] for key in keys}))


async def test_the_others_go_on_meanwhile(example: ExampleService, log: Log) -> None:
    key, may_go_on = new_id(), asyncio.Event()
    await read_by_the_old_release(example, log, [key], 1)

    async def note_when_allowed(command: Note, uow: ExampleUnitOfWork) -> None:
        await may_go_on.wait()
        await note(command, uow)

    def when_thing_changed_wait(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note_when_allowed, Note(event.data.thing_id, event.data.number, seen_by="new"))

    async with consuming(example, log, [*OLD, Subscription(NAME, ThingChanged, when_thing_changed_wait)]):
        for number in range(2, 6):
            await log.write(changed(key, number))
            await eventually(partial(has_seen, example, "", key, number))
        assert await seen(example, "new", key) == []
        may_go_on.set()
        await eventually(lambda: both_have_seen(example, {key: [*range(1, 6)]}))


async def test_killed_in_the_middle_it_goes_on_from_there(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [new_id() for _ in range(3)]
    await read_by_the_old_release(example, log, keys, 30)

    with monkeypatch.context() as patched:
        # What it has done is committed, and how far it is was never noted: the worst moment to be killed.
        patched.setattr(positions, "keep", keep_only_beginnings(positions.keep))
        stop = asyncio.Event()
        async with consuming(example, log, [*OLD, Subscription(NAME, ThingChanged, up_to(10, stop))]):
            await asyncio.wait_for(stop.wait(), 60)
    for key in keys:
        assert len(await seen(example, "new", key)) < 30

    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [*range(1, 31)] for key in keys}))


def keep_only_beginnings(keep: Any) -> Any:
    async def keep_beginnings(database: Any, partition: int, at: dict[str, int], *, behind: bool) -> None:
        begin = {name: position for name, position in at.items() if position == 0}
        await keep(database, partition, begin, behind=behind)

    return keep_beginnings


def up_to(last: int, stop: asyncio.Event) -> Any:
    """A policy that hangs at this number, until its process is stopped."""

    async def note_or_hang(command: Note, uow: ExampleUnitOfWork) -> None:
        if command.number > last:
            stop.set()
            raise TimeoutError  # passes: it would be tried for ever
        await note(command, uow)

    def when_thing_changed(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note_or_hang, Note(event.data.thing_id, event.data.number, seen_by="new"))

    return when_thing_changed


async def test_a_new_service_catches_up_with_nothing(example: ExampleService, log: Log) -> None:
    key = new_id()
    await log.write(*(changed(key, number) for number in range(1, 6)))
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [*range(1, 6)]}))
    assert {row["position"] for row in await example.sql("select * from subscription_positions")} == {0}
    assert await example.sql("select from subscription_positions where behind") == []


async def test_what_an_older_release_reads_meanwhile_is_caught_up_with(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    await read_by_the_old_release(example, log, [key], 3)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3]}))
        await log.write(changed(key, 4))
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4]}))
    async with consuming(example, log, OLD):
        await log.write(changed(key, 5))
        await eventually(partial(has_seen, example, "", key, 5))
    await forget_claims(example)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4, 5]}))


async def test_two_that_stand_apart_each_hear_what_they_have_not(example: ExampleService, log: Log) -> None:
    key = new_id()
    await read_by_the_old_release(example, log, [key], 2)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2]}))
    async with consuming(example, log, OLD):
        await log.write(changed(key, 3))
        await eventually(partial(has_seen, example, "", key, 3))
    await forget_claims(example)

    def when_thing_changed_note_it_last(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note, Note(event.data.thing_id, event.data.number, seen_by="last"))

    last = Subscription("when_thing_changed_note_it_last", ThingChanged, when_thing_changed_note_it_last)
    async with consuming(example, log, [*NEW, last]):
        await eventually(partial(has_seen, example, "last", key, 3))
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3]}))
        assert await seen(example, "last", key) == [1, 2, 3]


async def test_after_a_release_that_named_nobody_only_those_it_had_are_up_to_date(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    await read_by_the_old_release(example, log, [key], 3)
    await commit_without_names(log)
    await forget_claims(example)
    had = {positions.name_of(each): 2**63 - 1 for each in OLD}
    for partition in (0, 1):
        await positions.keep(example.database, partition, had, behind=False)
    async with consuming(example, log, NEW):
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3]}))
        await log.write(changed(key, 4))
        await eventually(lambda: both_have_seen(example, {key: [1, 2, 3, 4]}))


async def commit_without_names(log: Log) -> None:
    """Commit the offsets again, as releases did that knew nothing of names."""
    reader = AIOKafkaConsumer(
        bootstrap_servers=log.bootstrap, group_id=f"{log.prefix}example", enable_auto_commit=False
    )
    await reader.start()
    try:
        partitions = [TopicPartition(log.prefix + TOPIC, number) for number in (0, 1)]
        reader.assign(partitions)
        offsets = {each: await reader.committed(each) for each in partitions}
        await reader.commit({each: offset for each, offset in offsets.items() if offset})
    finally:
        await reader.stop()


async def test_one_that_is_not_from_the_beginning_hears_what_comes_after_its_first_start(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    await read_by_the_old_release(example, log, [key], 3)
    from_now_on = Subscription(NAME, ThingChanged, when_thing_changed_note_it_too, from_the_beginning=False)
    async with consuming(example, log, [*OLD, from_now_on]):
        await log.write(changed(key, 4))
        await eventually(partial(has_seen, example, "new", key, 4))
    assert await seen(example, "new", key) == [4]


async def test_what_nobody_could_read_is_not_parked_a_second_time(example: ExampleService, log: Log) -> None:
    broken, sound = new_id(), new_id()
    await log.write_raw((TOPIC, str(broken).encode(), b"{", headers_of(broken)))
    await log.write_raw((TOPIC, str(sound).encode(), None, []))
    await log.write(ended(sound, 1), changed(sound, 2))
    async with consuming(example, log, OLD):
        await eventually(lambda: are_parked(example, 1))
        await eventually(partial(has_seen, example, "", sound, 2))
    await example.sql("update parked_messages set replayed_at = now()")
    async with consuming(example, log, NEW):
        await eventually(partial(has_seen, example, "new", sound, 2))
        assert await example.parked() == []
