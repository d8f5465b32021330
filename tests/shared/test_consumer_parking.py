"""What fails for good is parked, what follows waits behind it, and both are taken up again."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.contracts.envelope import Event
from shared.kernel import Conflict, new_id
from shared.messaging import parking
from shared.messaging.parked import Parked
from shared.messaging.parking import RawMessage
from shared.messaging.policy import Instruction, Subscription
from shared.messaging.replay import replay
from shared.messaging.retrier import Retrier
from shared.messaging.verdicts import Aside
from tests.infra.polling import eventually
from tests.shared import planted
from tests.shared.consuming import (
    OTHER,
    TENANT,
    are_parked,
    changed,
    consuming,
    ended,
    has_effects,
    headers_of,
    slowly,
    subscriptions,
)
from tests.shared.example_service import (
    SUBSCRIPTIONS,
    TOPIC,
    ExampleService,
    ExampleUnitOfWork,
    Note,
    OtherHappened,
    ThingChanged,
    note,
)
from tests.shared.log import Log, event


async def test_what_failed_holds_what_follows_it_until_both_are_replayed(
    example: ExampleService, log: Log
) -> None:
    key, other, broken = new_id(), new_id(), [True]
    policies = subscriptions(
        lambda e: Note(
            e.data.thing_id, e.data.number, fails=Conflict() if broken and e.data.thing_id == key else None
        )
    )
    async with consuming(example, log, policies) as consumer:
        await log.write(changed(key, 1), changed(key, 2), ended(key, 3), changed(other, 1))
        await eventually(lambda: are_parked(example, 3))
        assert [reason for _, reason in await example.parked()] == [
            "refused: conflict",
            *["behind a parked message of its aggregate"] * 2,
        ]
        await eventually(lambda: has_effects(example, other, [1]))

        assert await replay(consumer.delivery) == (0, 3)
        broken.clear()
        await replay(consumer.delivery)
        await eventually(lambda: are_parked(example, 0))
        assert await example.effects(key) == [1, 2, 3]
        assert await replay(consumer.delivery) == (0, 0)

        await log.write(changed(key, 4))
        await eventually(lambda: has_effects(example, key, [1, 2, 3, 4]))


async def test_replaying_one_key_leaves_the_others_parked(example: ExampleService, log: Log) -> None:
    one, two = new_id(), new_id()
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
    async with consuming(example, log, failing):
        await log.write(changed(one, 1), changed(two, 1))
        await eventually(lambda: are_parked(example, 2))
    good = subscriptions(lambda e: Note(e.data.thing_id, e.data.number))
    repaired = example.consumer(log.bootstrap, log.prefix, good)

    assert await replay(repaired.delivery, str(one)) == (1, 0)

    assert await example.effects() == [1]
    assert len(await example.parked()) == 1


async def test_a_replay_waits_for_what_a_worker_beside_it_has_taken_up(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = subscriptions(
        lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()), also_ended=False
    )
    async with consuming(example, log, failing):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(example, 1))
    await example.sql("update parked_messages set consumer = 'when_thing_changed_note_slowly'")
    begun, finish = asyncio.Event(), asyncio.Event()
    beside = example.consumer(log.bootstrap, log.prefix, slowly(begun, finish))
    replaying = example.consumer(log.bootstrap, log.prefix, slowly(begun, finish)).delivery
    try_all, claim = replaying.parked.try_all, replaying.parked.claim
    taking: list[asyncio.Task[int]] = []

    async def try_all_and_be_late(key: str = "") -> None:
        await try_all(key)
        taking.append(asyncio.create_task(Retrier(beside.delivery).retry()))
        await begun.wait()

    async def claim_nothing(limit: int) -> list[Parked]:
        found = await claim(limit)
        finish.set()
        return found

    monkeypatch.setattr(replaying.parked, "try_all", try_all_and_be_late)
    monkeypatch.setattr(replaying.parked, "claim", claim_nothing)

    assert await replay(replaying) == (1, 0)
    assert await taking[0] == 1


async def test_a_renamed_policy_takes_no_event_twice_and_replays_what_was_parked_before(
    example: ExampleService, log: Log
) -> None:
    done, parked = new_id(), new_id()

    def when_changed_under_its_old_name(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
        fails = Conflict() if event.data.thing_id == parked else None
        return Instruction(note, Note(event.data.thing_id, event.data.number, fails=fails))

    def when_changed_under_its_new_name(event: Event[ThingChanged]) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note, Note(event.data.thing_id, event.data.number))

    before = [Subscription("kept-id", ThingChanged, when_changed_under_its_old_name)]
    after = [Subscription("kept-id", ThingChanged, when_changed_under_its_new_name)]
    events = [changed(done, 1), changed(parked, 1)]
    async with consuming(example, log, before):
        await log.write(*events)
        await eventually(lambda: has_effects(example, done, [1]))
        await eventually(lambda: are_parked(example, 1))

    async with consuming(example, log, after) as consumer:
        await log.write(*events, changed(done, 2))  # the first two are redelivered
        await eventually(lambda: has_effects(example, done, [1, 2]))
        await eventually(lambda: are_parked(example, 2))  # the redelivered one waits behind the first
        await replay(consumer.delivery)
        await eventually(lambda: are_parked(example, 0))

    assert await example.effects(parked) == [1]


async def test_a_parked_message_whose_policy_is_gone_stays_parked(example: ExampleService, log: Log) -> None:
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
    async with consuming(example, log, failing):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(example, 1))
    gone = example.consumer(log.bootstrap, log.prefix, SUBSCRIPTIONS)

    assert await replay(gone.delivery) == (0, 1)

    assert [reason for _, reason in await example.parked()] == ["no subscription of this name"]


@pytest.mark.parametrize(
    ("failure", "reason"),
    [(Conflict(), "refused: conflict"), (ZeroDivisionError("canary"), "failed: ZeroDivisionError")],
    ids=["a refusal", "a bug"],
)
async def test_what_fails_for_good_is_parked_with_its_kind_and_not_its_words(
    example: ExampleService, log: Log, failure: Exception, reason: str
) -> None:
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=failure))
    async with consuming(example, log, failing):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(example, 1))

    assert await example.parked() == [("when_thing_changed_do", reason)]


async def test_a_value_the_driver_refuses_is_parked_and_not_tried_for_ever(
    example: ExampleService, log: Log
) -> None:
    too_large = subscriptions(lambda e: Note(e.data.thing_id, 2**40))
    async with consuming(example, log, too_large):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(example, 1))


async def test_work_that_never_meets_the_databases_deadlines_is_parked_in_the_end(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.verdicts.MAX_OVERDUE_SECONDS", 0.3)
    overdue = asyncpg.QueryCanceledError("statement timeout")
    slow = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=overdue))
    async with consuming(example, log, slow):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(example, 1))

    assert await example.parked() == [("when_thing_changed_do", "overdue: QueryCanceledError")]


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
async def test_what_nobody_can_read_is_kept_for_a_person_and_later_ones_of_its_key_go_on(
    example: ExampleService, log: Log, kind: str
) -> None:
    key = new_id()
    value, spoil = MALFORMED[kind]
    await log.write_raw((TOPIC, str(key).encode(), value, spoil(headers_of(key))))
    await log.write(changed(key, 2))
    async with consuming(example, log) as consumer:
        await eventually(lambda: has_effects(example, key, [2]))
        await eventually(lambda: are_parked(example, 1))
        assert await replay(consumer.delivery) == (0, 1)

    ((who, reason),) = await example.parked()
    assert who == "example"
    assert reason.startswith("malformed: ")
    assert await example.effects(key) == [2]


@pytest.mark.parametrize("key", [None, b"\x00\xff", b"k" * 100_000], ids=["none", "bytes", "endless"])
async def test_a_strange_key_does_not_keep_a_message_from_being_parked(
    example: ExampleService, log: Log, key: bytes | None
) -> None:
    good = new_id()
    await log.write_raw((TOPIC, key, b"nonsense", headers_of(good)), (TOPIC, key, b"nonsense", []))
    await log.write(changed(good, 1))
    async with consuming(example, log):
        await eventually(lambda: are_parked(example, 2))
        await eventually(lambda: has_effects(example, good, [1]))


async def overtaken(example: ExampleService, log: Log, key: UUID) -> bool:
    """Whether a later message of the key had its effect although an earlier one, 2, had failed."""
    await log.write(*(changed(key, number) for number in (1, 2, 3)))

    async def settled() -> bool:
        return len(await example.effects(key)) + len(await example.parked()) >= 2

    await eventually(settled)
    return await example.effects(key) != [1]


async def test_nothing_overtakes_a_message_that_failed(example: ExampleService, log: Log) -> None:
    failing = subscriptions(
        lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict() if e.data.number == 2 else None)
    )
    async with consuming(example, log, failing):
        assert not await overtaken(example, log, new_id())


async def test_planted_a_consumer_that_skips_what_fails_is_overtaken(
    example: ExampleService, log: Log
) -> None:
    skipping = asyncio.create_task(planted.consumer_that_skips_what_fails(example, log, TOPIC))
    assert await overtaken(example, log, new_id())
    skipping.cancel()
    await asyncio.gather(skipping, return_exceptions=True)


async def test_a_log_made_anew_may_park_at_a_place_that_was_replayed_before(
    example: ExampleService, log: Log
) -> None:
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
    async with consuming(example, log, failing):
        await log.write(changed(new_id(), 1))
        await eventually(lambda: are_parked(example, 1))
    await example.sql("update parked_messages set replayed_at = now(), reason = 'an earlier log'")
    rows = await example.sql("select topic, partition, position, key, headers, payload from parked_messages")
    values = dict(rows[0])
    raw = RawMessage(**values | {"headers": json.loads(values["headers"])})
    await parking.park(example.database, "when_thing_changed_do", raw, Aside("failed", "again"))

    assert await example.parked() == [("when_thing_changed_do", "again")]


async def test_the_other_topic_has_another_ordering_key(example: ExampleService, log: Log) -> None:
    key = new_id()
    failing = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
    async with consuming(example, log, [*failing, OTHER]):
        await log.write(changed(key, 1))
        await eventually(lambda: are_parked(example, 1))
        await log.write(event(OtherHappened(thing_id=key, tenant_id=TENANT, number=5)))
        await eventually(lambda: has_effects(example, key, [5]))
