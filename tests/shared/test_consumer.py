"""The consumer: each event has its effect once and in the order of its key; nothing is skipped."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from aiokafka.errors import KafkaError

from shared.contracts.envelope import Event, to_headers
from shared.kernel import ConcurrentChange, Conflict, new_id
from shared.messaging import kafka, parking
from shared.messaging.consumer import Consumer
from shared.messaging.delivery import TRIES
from shared.messaging.inbox import InFlight
from shared.messaging.kafka import header_pairs
from shared.messaging.parking import RawMessage
from shared.messaging.policy import Instruction, Subscription
from shared.messaging.progress import Progress
from shared.messaging.replay import replay
from tests.infra.polling import eventually
from tests.shared import planted
from tests.shared.log import Log, event
from tests.shared.toy import (
    SUBSCRIPTIONS,
    TOPIC,
    Note,
    OtherHappened,
    ThingChanged,
    ThingEnded,
    Toy,
    ToyWork,
    note,
)

TENANT = new_id()


def changed(key: UUID, number: int) -> Event[Any]:
    return event(ThingChanged(thing_id=key, tenant_id=TENANT, number=number), number)


def ended(key: UUID, number: int) -> Event[Any]:
    return event(ThingEnded(thing_id=key, tenant_id=TENANT, number=number), number)


@contextlib.asynccontextmanager
async def consuming(toy: Toy, log: Log, *more: Any, **options: Any) -> AsyncIterator[Consumer[ToyWork]]:
    consumer = toy.consumer(log.bootstrap, log.prefix, *more, **options)
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


def subscriptions(
    note_of: Callable[[Event[ThingChanged]], Note], also_ended: bool = True
) -> list[Subscription[ToyWork]]:
    """The toy's, with what a test notes of each change."""

    def when_thing_changed_do(event: Event[ThingChanged]) -> Instruction[ToyWork]:
        return Instruction(note, note_of(event))

    return [Subscription(ThingChanged, when_thing_changed_do), *(SUBSCRIPTIONS[1:] if also_ended else [])]


async def has_effects(toy: Toy, key: UUID, numbers: list[int]) -> bool:
    assert await toy.effects(key) == numbers
    return True


async def are_parked(toy: Toy, count: int) -> bool:
    parked = await toy.parked()
    assert len(parked) == count, parked
    return True


async def test_each_event_has_its_effect_once_and_in_the_order_of_its_key(toy: Toy, log: Log) -> None:
    keys = [new_id() for _ in range(4)]
    events = [changed(key, number) for number in range(1, 16) for key in keys]
    await log.write(*events)
    async with consuming(toy, log):
        await eventually(lambda: has_effects(toy, keys[-1], list(range(1, 16))))
        await log.write(*events[:20])
        await log.write(*(changed(key, 16) for key in keys))
        for key in keys:
            await eventually(partial(has_effects, toy, key, list(range(1, 17))))


async def test_an_event_waits_for_what_it_needs_from_another_topic(toy: Toy, log: Log) -> None:
    key, needed = new_id(), new_id()
    policies = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, needs=needed))

    def when_other_happened_note_it(event: Event[OtherHappened]) -> Instruction[ToyWork]:
        return Instruction(note, Note(event.data.thing_id, event.data.number))

    async with consuming(toy, log, [*policies, Subscription(OtherHappened, when_other_happened_note_it)]):
        await log.write(changed(key, 1))
        await asyncio.sleep(0.5)
        assert await toy.effects() == []
        await log.write(event(OtherHappened(thing_id=needed, tenant_id=TENANT, number=9)))
        await eventually(lambda: has_effects(toy, key, [1]))
        assert await toy.parked() == []


async def test_what_never_becomes_known_is_parked_and_what_follows_waits_behind_it_until_replayed(
    toy: Toy, log: Log
) -> None:
    key, other, needed = new_id(), new_id(), new_id()
    policies = subscriptions(
        lambda e: Note(e.data.thing_id, e.data.number, needs=needed if e.data.thing_id == key else None)
    )
    async with consuming(toy, log, policies, patience=0.3) as consumer:
        await log.write(changed(key, 1), changed(key, 2), ended(key, 3), changed(other, 1))
        await eventually(lambda: are_parked(toy, 3))
        assert [reason for _, reason in await toy.parked()] == [
            "never became known: what it needs is not there",
            *["behind a parked message of its aggregate"] * 2,
        ]
        await eventually(lambda: has_effects(toy, other, [1]))

        assert await replay(toy.database, consumer, policies) == (0, 3)
        await toy.sql("insert into effects (key, number) values ($1, 0)", needed)
        assert await replay(toy.database, consumer, policies) == (3, 0)
        assert await toy.effects(key) == [1, 2, 3]
        assert await replay(toy.database, consumer, policies) == (0, 0)

        await log.write(changed(key, 4))
        await eventually(lambda: has_effects(toy, key, [1, 2, 3, 4]))


async def test_replaying_one_key_leaves_the_others_parked(toy: Toy, log: Log) -> None:
    one, two = new_id(), new_id()
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
    async with consuming(toy, log, failing) as consumer:
        await log.write(changed(one, 1), changed(two, 1))
        await eventually(lambda: are_parked(toy, 2))
        good = subscriptions(lambda e: Note(e.data.thing_id, e.data.number))
        repaired = toy.consumer(log.bootstrap, log.prefix, good)
        assert await replay(toy.database, repaired, good, key=str(one)) == (1, 0)
        assert consumer.service == "toy"

    assert await toy.effects() == [1]
    assert len(await toy.parked()) == 1


async def test_a_parked_message_whose_policy_is_gone_stays_parked(toy: Toy, log: Log) -> None:
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
    async with consuming(toy, log, failing) as consumer:
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(toy, 1))
        assert await replay(toy.database, consumer, SUBSCRIPTIONS) == (0, 1)

    assert len(await toy.parked()) == 1


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(Conflict(), "refused: conflict"), (ZeroDivisionError("canary"), "failed: ZeroDivisionError")],
    ids=["a refusal", "a bug"],
)
async def test_what_fails_for_good_is_parked_with_its_kind_and_not_its_words(
    toy: Toy, log: Log, failure: Exception, reason: str
) -> None:
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=failure))
    async with consuming(toy, log, failing):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(toy, 1))

    assert await toy.parked() == [("when_thing_changed_do", reason)]


async def test_a_value_the_driver_refuses_is_parked_and_not_tried_for_ever(toy: Toy, log: Log) -> None:
    too_large = subscriptions(lambda e: Note(e.data.thing_id, 2**40))
    async with consuming(toy, log, too_large):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(toy, 1))


async def test_a_message_another_process_has_in_hand_is_waited_for_and_not_parked(
    toy: Toy, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, refused = changed(new_id(), 1), []
    other, execute = await toy.database.connect(), toy.bus.execute
    await other.execute(
        "select pg_advisory_lock(hashtextextended($1, 0))", f"when_thing_changed_note_it {said.id}"
    )

    async def count_refusals(*arguments: Any) -> Any:
        try:
            return await execute(*arguments)
        except InFlight:
            refused.append(1)
            raise

    monkeypatch.setattr(toy.bus, "execute", count_refusals)
    async with consuming(toy, log):
        await log.write(said)
        await eventually(lambda: len(refused) > TRIES, within=20)
        assert await toy.effects() == []
        other.terminate()
        await eventually(lambda: has_effects(toy, said.data.thing_id, [1]))

    assert await toy.parked() == []


async def test_a_change_that_was_quicker_is_waited_out_and_the_message_not_parked(toy: Toy, log: Log) -> None:
    tries: list[int] = []

    def note_of(event: Event[ThingChanged]) -> Note:
        tries.append(1)
        return Note(event.data.thing_id, 1, fails=ConcurrentChange() if len(tries) < 6 else None)

    key = new_id()
    async with consuming(toy, log, subscriptions(note_of)):
        await log.write(changed(key, 1))
        await eventually(lambda: has_effects(toy, key, [1]), within=20)

    assert await toy.parked() == []


async def test_work_that_never_meets_the_databases_deadlines_is_parked_in_the_end(
    toy: Toy, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.delivery.STUBBORN", 0.3)
    overdue = asyncpg.QueryCanceledError("statement timeout")
    slow = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=overdue))
    async with consuming(toy, log, slow):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(toy, 1))

    assert await toy.parked() == [("when_thing_changed_do", "overdue: QueryCanceledError")]


async def test_unknown_types_and_tombstones_are_passed(toy: Toy, log: Log) -> None:
    key = new_id()
    newer = [(name, b"thing.exploded.v9" if name == "ce_type" else value) for name, value in _headers(key)]
    await log.write_raw((TOPIC, str(key).encode(), b"{}", newer), (TOPIC, str(key).encode(), None, []))
    await log.write(changed(key, 1))
    async with consuming(toy, log):
        await eventually(lambda: has_effects(toy, key, [1]))

    assert await toy.parked() == []


def _headers(key: UUID) -> list[tuple[str, bytes]]:
    return list(header_pairs(to_headers(changed(key, 1)).items()))


def _without(name: str) -> Callable[[list[tuple[str, bytes]]], list[tuple[str, bytes]]]:
    return lambda headers: [pair for pair in headers if pair[0] != name]


def _with(name: str, value: bytes | None) -> Callable[[list[tuple[str, bytes]]], list[Any]]:
    return lambda headers: [*_without(name)(headers), (name, value)]


MALFORMED: dict[str, tuple[bytes, Callable[[list[tuple[str, bytes]]], list[Any]]]] = {
    "not JSON": (b"\xff\x00{", lambda h: h),
    "a member missing": (b"{}", lambda h: h),
    "no headers": (b"{}", lambda _: []),
    "no id": (b"{}", _without("ce_id")),
    "a header without a value": (b"{}", _with("ce_id", None)),
    "a null character": (b"{}", _with("ce_id", b"\x00")),
    "a time without its offset": (b"{}", _with("ce_time", b"2026-01-01T00:00:00")),
    "a sequence beyond all": (b"{}", _with("ce_sequence", b"9" * 40)),
    "headers that are no text": (b"{}", _with("ce_source", b"\xff\xfe")),
}


@pytest.mark.parametrize("kind", MALFORMED)
async def test_a_malformed_message_is_parked_and_later_ones_of_its_key_wait(
    toy: Toy, log: Log, kind: str
) -> None:
    key, other = new_id(), new_id()
    value, spoil = MALFORMED[kind]
    await log.write_raw((TOPIC, str(key).encode(), value, spoil(_headers(key))))
    await log.write(changed(key, 2), changed(other, 1))
    async with consuming(toy, log) as consumer:
        await eventually(lambda: are_parked(toy, 2))
        await eventually(lambda: has_effects(toy, other, [1]))
        assert await replay(toy.database, consumer, SUBSCRIPTIONS) == (0, 2)

    parked = await toy.parked()
    assert parked[0][0] == "toy"
    assert parked[0][1].startswith("malformed: ")
    assert await toy.effects(key) == []


@pytest.mark.parametrize("key", [None, b"\x00\xff", b"k" * 100_000], ids=["none", "bytes", "endless"])
async def test_a_strange_key_does_not_keep_a_message_from_being_parked(
    toy: Toy, log: Log, key: bytes | None
) -> None:
    good = new_id()
    await log.write_raw((TOPIC, key, b"nonsense", _headers(good)), (TOPIC, key, b"nonsense", []))
    await log.write(changed(good, 1))
    async with consuming(toy, log):
        await eventually(lambda: are_parked(toy, 2))
        await eventually(lambda: has_effects(toy, good, [1]))


async def overtaken(toy: Toy, log: Log, key: UUID) -> bool:
    """Whether a later message of the key had its effect although an earlier one had not."""
    poison = [(TOPIC, str(key).encode(), b"{}", _headers(key))]
    await log.write(changed(key, 1))
    await log.write_raw(*poison)
    await log.write(changed(key, 3))

    async def settled() -> bool:
        return len(await toy.effects(key)) + len(await toy.parked()) >= 2

    await eventually(settled)
    return await toy.effects(key) != [1]


async def test_nothing_overtakes_a_poisoned_message(toy: Toy, log: Log) -> None:
    async with consuming(toy, log):
        assert not await overtaken(toy, log, new_id())


async def test_planted_a_consumer_that_skips_poison_is_overtaken(toy: Toy, log: Log) -> None:
    skipping = asyncio.create_task(planted.consumer_that_skips_poison(toy, log, TOPIC))
    assert await overtaken(toy, log, new_id())
    skipping.cancel()
    await asyncio.gather(skipping, return_exceptions=True)


async def committed_with_a_message_in_hand(log: Log, begun: asyncio.Event) -> bool:
    """Whether the offset moved past a message while its effect is still to come."""
    await log.write(changed(new_id(), 1))
    await asyncio.wait_for(begun.wait(), 10)
    await asyncio.sleep(0.3)
    return sum((await log.committed("toy", TOPIC)).values()) > 0


async def test_the_offset_moves_on_after_the_effect(toy: Toy, log: Log) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async with consuming(toy, log, _slowly(begun, finish)):
        assert not await committed_with_a_message_in_hand(log, begun)
        finish.set()
        await eventually(lambda: _has_committed(log, 1))


async def _has_committed(log: Log, count: int) -> bool:
    committed = sum((await log.committed("toy", TOPIC)).values())
    assert committed == count
    return True


def _slowly(begun: asyncio.Event, finish: asyncio.Event) -> list[Subscription[ToyWork]]:
    async def note_slowly(command: Note, work: ToyWork) -> None:
        begun.set()
        await finish.wait()
        await note(command, work)

    def when_thing_changed_note_slowly(event: Event[ThingChanged]) -> Instruction[ToyWork]:
        return Instruction(note_slowly, Note(event.data.thing_id, event.data.number))

    return [Subscription(ThingChanged, when_thing_changed_note_slowly)]


async def test_planted_an_offset_that_moves_on_before_the_effect_is_seen(toy: Toy, log: Log) -> None:
    begun = asyncio.Event()

    async def in_hand(_: Any) -> None:
        begun.set()
        await asyncio.Event().wait()

    hasty = asyncio.create_task(planted.consumer_that_commits_first(toy, log, TOPIC, in_hand))
    assert await committed_with_a_message_in_hand(log, begun)
    hasty.cancel()
    await asyncio.gather(hasty, return_exceptions=True)


async def test_stopping_finishes_the_message_in_hand_commits_it_and_leaves_the_rest(
    toy: Toy, log: Log
) -> None:
    key, begun, finish = new_id(), asyncio.Event(), asyncio.Event()
    consumer = toy.consumer(log.bootstrap, log.prefix, _slowly(begun, finish))
    await log.write(*(changed(key, number) for number in range(1, 6)))
    await consumer.start()
    await asyncio.wait_for(begun.wait(), 10)

    stopping = asyncio.create_task(consumer.stop())
    await asyncio.sleep(0.1)
    assert not stopping.done()
    finish.set()
    await stopping

    assert await toy.effects() == [1]
    assert sum((await log.committed("toy", TOPIC)).values()) == 1
    async with consuming(toy, log):
        await eventually(lambda: has_effects(toy, key, [1, 2, 3, 4, 5]))


async def test_a_second_member_takes_its_share_and_each_event_has_its_effect_once(toy: Toy, log: Log) -> None:
    keys = [new_id() for _ in range(8)]

    def seen_by(name: str) -> list[Subscription[ToyWork]]:
        return subscriptions(lambda e: Note(e.data.thing_id, e.data.number, seen_by=name))

    async with consuming(toy, log, seen_by("first")) as first:
        await eventually(lambda: first.waiting_for_group() is None)
        for number in range(1, 11):
            await log.write(*(changed(key, number) for key in keys))
        async with consuming(toy, log, seen_by("second")) as second:
            await eventually(lambda: second.waiting_for_group() is None)
            for number in range(11, 21):
                await log.write(*(changed(key, number) for key in keys))
            for key in keys:
                await eventually(partial(has_effects, toy, key, list(range(1, 21))))
        await log.write(*(changed(key, 21) for key in keys))
        for key in keys:
            await eventually(partial(has_effects, toy, key, list(range(1, 22))))

    who = await toy.sql("select distinct seen_by from effects")
    assert {row["seen_by"] for row in who} == {"first", "second"}
    assert await toy.parked() == []


async def test_a_member_that_comes_waits_for_the_message_in_hand_and_begins_behind_it(
    toy: Toy, log: Log
) -> None:
    key, begun, finish = new_id(), asyncio.Event(), asyncio.Event()
    async with consuming(toy, log, _slowly(begun, finish)):
        await log.write(changed(key, 1), changed(key, 2))
        await asyncio.wait_for(begun.wait(), 10)
        async with consuming(toy, log, _slowly(begun, finish)) as second:
            await asyncio.sleep(1)
            assert second.waiting_for_group() is not None
            finish.set()
            await eventually(lambda: has_effects(toy, key, [1, 2]))
            assert await toy.parked() == []


async def test_killed_backends_delay_effects_and_lose_none(toy: Toy, log: Log) -> None:
    keys = [new_id() for _ in range(4)]
    await log.write(*(changed(key, number) for number in range(1, 26) for key in keys))
    async with consuming(toy, log):
        for _ in range(6):
            await asyncio.sleep(0.1)
            await toy.kill_backends("toy")
        for key in keys:
            await eventually(partial(has_effects, toy, key, list(range(1, 26))), within=20)

    assert await toy.parked() == []


def is_stuck(progress: Progress) -> bool:
    return progress.stuck


async def test_a_hung_message_is_seen_although_the_loop_goes_round(toy: Toy, log: Log) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()
    async with consuming(toy, log, _slowly(begun, finish)) as consumer:
        await log.write(changed(new_id(), 1))
        await asyncio.wait_for(begun.wait(), 10)
        await asyncio.sleep(0.8)
        assert consumer.progress.idle_seconds > 0.7
        assert not is_stuck(consumer.progress)
        for hand in consumer._hands.values():
            hand.progress.limit = 0.5
        assert is_stuck(consumer.progress)
        finish.set()
        await eventually(lambda: consumer.progress.idle_seconds < 0.7 and not is_stuck(consumer.progress))


def test_a_service_that_hears_nothing_is_never_stuck(toy: Toy) -> None:
    consumer: Consumer[ToyWork] = Consumer(toy.database, toy.bus, [], "nowhere:1", service="toy")
    consumer._round._at -= 1_000

    assert not consumer.progress.stuck
    assert consumer.waiting_for_group() is None


def test_a_loop_is_stuck_after_its_limit_and_no_longer_when_it_went_round() -> None:
    progress = Progress("test", limit=10)
    assert not is_stuck(progress)
    progress._at -= 11
    assert is_stuck(progress)
    progress.made()
    assert not is_stuck(progress)


class DeafClient:
    """A client that gives nothing, whatever lies in the log."""

    def __init__(self, position: int, end: int) -> None:
        self.at, self.end = position, end

    def assignment(self) -> frozenset[str]:
        return frozenset({"partition"})

    async def position(self, _: str) -> int:
        return self.at

    async def end_offsets(self, partitions: frozenset[str]) -> dict[str, int]:
        return dict.fromkeys(partitions, self.end)


async def test_a_deaf_client_is_noticed_and_a_quiet_log_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kafka, "QUIET", 0.0)
    quiet, deaf = kafka.Watch(DeafClient(5, 5)), kafka.Watch(DeafClient(5, 9))
    for _ in range(3):
        await quiet.look(busy=False)

    await deaf.look(busy=False)
    await deaf.look(busy=True)
    await deaf.look(busy=False)
    with pytest.raises(KafkaError):
        await deaf.look(busy=False)


async def test_a_log_made_anew_may_park_at_a_place_that_was_replayed_before(toy: Toy, log: Log) -> None:
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
    async with consuming(toy, log, failing):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(toy, 1))
    await toy.sql("update parked_messages set replayed_at = now(), reason = 'an earlier log'")
    rows = await toy.sql("select topic, partition, position, key, headers, payload from parked_messages")
    values = dict(rows[0])
    raw = RawMessage(**values | {"headers": json.loads(values["headers"])})
    await parking.park(toy.database, "when_thing_changed_do", raw, "again")

    assert await toy.parked() == [("when_thing_changed_do", "again")]


async def test_the_other_topic_is_no_lane_of_the_same_key(toy: Toy, log: Log) -> None:
    key = new_id()

    def when_other_happened_note_it(event: Event[OtherHappened]) -> Instruction[ToyWork]:
        return Instruction(note, Note(event.data.thing_id, event.data.number))

    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
    async with consuming(toy, log, [*failing, Subscription(OtherHappened, when_other_happened_note_it)]):
        await log.write(changed(key, 1))
        await eventually(lambda: are_parked(toy, 1))
        await log.write(event(OtherHappened(thing_id=key, tenant_id=TENANT, number=5)))
        await eventually(lambda: has_effects(toy, key, [5]))
