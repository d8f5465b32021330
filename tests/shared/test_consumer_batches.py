"""Batches: one transaction for many events, and for each what it would have had alone."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from shared import failpoints
from shared.bus import command_bus
from shared.contracts.envelope import Event
from shared.kernel import Conflict, NotYetKnown, new_id
from shared.messaging.policy import Instruction, Subscription
from tests.infra.polling import eventually
from tests.shared.consuming import are_parked, changed, consuming, ended, has_effects, headers_of
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

ALL = list(range(1, 21))


async def note_each(commands: Sequence[Note], uow: ExampleUnitOfWork) -> list[None]:
    for command in commands:
        await note(command, uow)
    return [None] * len(commands)


def batched(fails: dict[int, Exception] | None = None) -> list[Subscription[ExampleUnitOfWork]]:
    """The example service's, its changes batched; the numbers named fail."""

    def when_thing_changed_note_it(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
        number = event.data.number
        return Instruction(note, Note(event.data.thing_id, number, fails=(fails or {}).get(number)))

    return [
        Subscription(
            "when_thing_changed_note_it", ThingChanged, when_thing_changed_note_it, batch_handler=note_each
        ),
        SUBSCRIPTIONS[1],
    ]


async def transactions(example: ExampleService) -> list[int]:
    """How many effects each transaction had, in order."""
    rows = await example.sql("select count(*) as count from effects group by xmin::text order by min(id)")
    return [row["count"] for row in rows]


async def test_events_side_by_side_share_a_transaction_and_keep_their_order(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    events = [changed(key, number) for number in ALL]
    await log.write(*events[:12], ended(key, 99), *events[12:])
    async with consuming(example, log, batched()):
        await eventually(lambda: has_effects(example, key, [*ALL[:12], 99, *ALL[12:]]))

    assert await transactions(example) == [12, 1, 8]


async def test_a_setting_bounds_how_many_share_one(example: ExampleService, log: Log) -> None:
    key = new_id()
    await log.write(*(changed(key, number) for number in ALL))
    async with consuming(example, log, batched(), batch_size=8):
        await eventually(lambda: has_effects(example, key, ALL))

    assert await transactions(example) == [8, 8, 4]


async def test_an_event_given_twice_within_one_has_its_effect_once(example: ExampleService, log: Log) -> None:
    key = new_id()
    events = [changed(key, number) for number in ALL]
    await log.write(*events, *events)
    async with consuming(example, log, batched()):
        await log.write(changed(key, 21))
        await eventually(lambda: has_effects(example, key, [*ALL, 21]))


async def poisoned(example: ExampleService, log: Log, key: UUID, other: UUID) -> None:
    """A message nobody can read, in the middle of one key's events and another's."""
    for number in ALL:
        await log.write(changed(other, number))
        if number == 10:
            await log.write_raw((TOPIC, str(key).encode(), b"{}", headers_of(key)))
        else:
            await log.write(changed(key, number))


async def test_a_message_among_them_that_nobody_can_read_is_parked_alone(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    other = key.__class__(int=key.int ^ 1 << 127)
    await poisoned(example, log, key, other)
    async with consuming(example, log, batched()):
        await eventually(lambda: has_effects(example, other, ALL))
        await eventually(lambda: are_parked(example, 1))
        await eventually(lambda: has_effects(example, key, [n for n in ALL if n != 10]))

    assert [reason.split(":")[0] for _, reason in await example.parked()] == ["malformed"]


async def test_what_fails_among_them_is_parked_alone_with_what_follows_it(
    example: ExampleService, log: Log
) -> None:
    keys = [new_id() for _ in range(3)]
    await log.write(*(changed(key, number) for number in ALL for key in keys[:2]))
    await log.write(*(changed(keys[2], number + 100) for number in ALL))
    async with consuming(example, log, batched({105: Conflict()})):
        await eventually(lambda: are_parked(example, 16))
        for key in keys[:2]:
            await eventually(partial(has_effects, example, key, ALL))
        await eventually(lambda: has_effects(example, keys[2], [101, 102, 103, 104]))


async def test_what_is_not_known_yet_is_set_aside_with_what_follows_it_and_taken_up_in_order(
    example: ExampleService, log: Log
) -> None:
    key, other, fails = new_id(), new_id(), dict[int, Exception]()
    fails[7] = NotYetKnown("a fact", new_id())
    await log.write(*(changed(key, number) for number in ALL))
    await log.write(*(changed(other, number + 100) for number in ALL))
    async with consuming(example, log, batched(fails)):
        await eventually(lambda: has_effects(example, other, [number + 100 for number in ALL]))
        await eventually(lambda: has_effects(example, key, ALL[:6]))
        fails.clear()
        await eventually(lambda: has_effects(example, key, ALL))
        await eventually(lambda: are_parked(example, 0))


async def test_a_commit_whose_answer_was_lost_has_its_effects_once(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, lost = command_bus._commit, list[int]()

    async def commit_and_lose_the_answer(session: Any) -> None:
        await commit(session)
        if not lost:
            lost.append(1)
            raise command_bus.OutcomeUnknown

    monkeypatch.setattr(command_bus, "_commit", commit_and_lose_the_answer)
    key = new_id()
    await log.write(*(changed(key, number) for number in ALL))
    async with consuming(example, log, batched()):
        await log.write(changed(key, 21))
        await eventually(lambda: has_effects(example, key, [*ALL, 21]))

    assert lost
    assert await example.parked() == []


@pytest.mark.parametrize("point", ["C1", "C2", "C3", "C4"])
async def test_a_failure_at_any_point_of_one_loses_and_doubles_nothing(
    example: ExampleService, log: Log, point: str
) -> None:
    key = new_id()
    await log.write(*(changed(key, number) for number in ALL))
    failpoints.arm(f"{point}:raise")
    try:
        async with consuming(example, log, batched()):
            await eventually(lambda: has_effects(example, key, ALL))
            assert failpoints._armed is not None
            assert failpoints._armed.spent
    finally:
        failpoints.arm(None)

    assert await example.parked() == []


async def test_a_consumer_lost_between_effect_and_offset_leaves_nothing_to_do_again(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = new_id()

    async def lost(*_: Any) -> bool:
        return False

    await log.write(*(changed(key, number) for number in ALL))
    async with consuming(example, log, batched()) as consumer:
        monkeypatch.setattr(consumer, "_commit", lost)
        await eventually(lambda: has_effects(example, key, ALL))
    assert sum((await log.committed("example", TOPIC)).values()) == 0
    async with consuming(example, log, batched()):
        await log.write(changed(key, 21))
        await eventually(lambda: has_effects(example, key, [*ALL, 21]))
