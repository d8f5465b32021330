"""Facts that come late, and types that only a newer release knows: set aside, and taken up by themselves."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Literal
from uuid import UUID

import pytest

from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, to_headers
from shared.kernel import new_id
from shared.messaging.consumer import Consumer
from shared.messaging.kafka import header_pairs
from shared.messaging.policy import Instruction, Subscription
from shared.messaging.retrier import Retrier
from tests.infra.polling import eventually
from tests.shared.consuming import (
    OTHER,
    TENANT,
    are_parked,
    changed,
    consuming,
    ended,
    has_effects,
    subscriptions,
)
from tests.shared.example_service import (
    TOPIC,
    ExampleService,
    ExampleUnitOfWork,
    Note,
    OtherHappened,
    ThingChanged,
    note,
)
from tests.shared.log import Log, event

Subscriptions = Sequence[Subscription[ExampleUnitOfWork]]


def needing(needs: Callable[[Event[ThingChanged]], UUID | None]) -> Subscriptions:
    """What changed needs what happened on the other topic first."""
    return [*subscriptions(lambda e: Note(e.data.thing_id, e.data.number, needs=needs(e))), OTHER]


async def an_hour_passes(example: ExampleService, consumer: Consumer[ExampleUnitOfWork]) -> None:
    """What waits for a fact was tried so often that its next try is in an hour; the worker knows it."""
    await consumer.delivery.parked.take_over(consumer.delivery.reader.release)
    await example.sql(
        "update parked_messages set try_at = now() + interval '1 hour', attempts = 14 where needs <> ''"
    )


def fact(about: UUID) -> Event[Any]:
    return event(OtherHappened(thing_id=about, tenant_id=TENANT, number=0))


async def test_an_event_whose_fact_comes_an_hour_later_takes_effect_by_itself_in_the_order_of_its_key(
    example: ExampleService, log: Log
) -> None:
    key, needed = new_id(), new_id()
    async with consuming(example, log, needing(lambda _: needed)) as consumer:
        await log.write(changed(key, 1), changed(key, 2), ended(key, 3))
        await eventually(lambda: are_parked(example, 3))
        await an_hour_passes(example, consumer)
        await log.write(fact(needed))
        await eventually(lambda: has_effects(example, key, [1, 2, 3]))
        await eventually(lambda: are_parked(example, 0))
        await log.write(ended(key, 4))
        await eventually(lambda: has_effects(example, key, [1, 2, 3, 4]))


async def test_what_waits_for_a_fact_holds_up_nobody_else(example: ExampleService, log: Log) -> None:
    good, missing = new_id(), new_id()
    orphans = [changed(new_id(), 1) for _ in range(100)]
    async with consuming(example, log, needing(lambda e: None if e.data.thing_id == good else missing)):
        await log.write(*orphans, changed(good, 1))
        await eventually(lambda: has_effects(example, good, [1]))
        await eventually(lambda: are_parked(example, len(orphans)))


async def test_more_than_are_woken_at_once_are_all_taken_up(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.messaging.parked.WOKEN", 50)
    keys, needed = [new_id() for _ in range(120)], new_id()
    async with consuming(example, log, needing(lambda _: needed)) as consumer:
        await log.write(*(changed(key, number) for number in (1, 2) for key in keys))
        await eventually(lambda: are_parked(example, 240))
        await an_hour_passes(example, consumer)
        await log.write(fact(needed))
        await eventually(lambda: are_parked(example, 0))

    wrong = await example.sql(
        "select key from effects where key <> $1 group by key "
        "having array_agg(number order by id) <> '{1,2}'",
        needed,
    )
    assert wrong == []


async def test_without_being_woken_a_message_is_tried_again_and_again(
    example: ExampleService, log: Log
) -> None:
    key, needed = new_id(), new_id()
    async with consuming(example, log, needing(lambda _: needed)):
        await log.write(changed(key, 1))
        await eventually(lambda: are_parked(example, 1))
        await example.sql("insert into effects (key, number) values ($1, 0)", needed)
        await eventually(lambda: has_effects(example, key, [1]))


async def test_a_fact_that_comes_while_its_message_is_being_tried_is_not_overlooked(
    example: ExampleService, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, needed = new_id(), new_id()
    consumer = example.consumer(log.bootstrap, log.prefix, needing(lambda _: needed))
    parked = consumer.delivery.parked
    await consumer.start()
    await log.write(changed(key, 1))
    await eventually(lambda: are_parked(example, 1))
    retrier = Retrier(consumer.delivery, first_rest=3_600)
    rest = parked.rest

    async def rest_when_the_fact_has_come(*arguments: Any) -> None:
        await log.write(fact(needed))
        await eventually(lambda: has_effects(example, needed, [0]))
        await eventually(is_due)
        await rest(*arguments)

    async def is_due() -> bool:
        rows = await example.sql("select from parked_messages where try_at <= now()")
        return len(rows) == 1

    monkeypatch.setattr(parked, "rest", rest_when_the_fact_has_come)
    await eventually(retrier.retry)
    await consumer.stop()
    monkeypatch.undo()

    assert await retrier.retry() == 1
    assert await example.effects(key) == [1]


async def test_what_can_only_come_with_its_own_key_is_not_held_back(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    policies = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, needs=e.data.thing_id))
    async with consuming(example, log, policies) as consumer:
        await log.write(changed(key, 1))
        await eventually(lambda: are_parked(example, 1))
        await an_hour_passes(example, consumer)
        await log.write(ended(key, 2))
        await eventually(lambda: has_effects(example, key, [2, 1]))


class ThingPainted(ThingChanged):
    """A type of a newer release, whose colours grow in a still newer one."""

    type: ClassVar[str] = "thing.painted.v1"

    colour: Literal["red", "blue"] = "red"


class ThingPaintedOld(ThingPainted):
    """The same as an earlier release knows it."""

    colour: Literal["red"] = "red"


def painting(contract: type[Contract]) -> Subscriptions:
    def when_painted_note_it(event: Event[Any]) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note, Note(event.data.thing_id, event.data.number))

    return [*subscriptions(lambda e: Note(e.data.thing_id, e.data.number)),
            Subscription("when_painted_note_it", contract, when_painted_note_it)]  # fmt: skip


async def write_painted(log: Log, key: UUID, number: int, colour: str, source: str) -> None:
    data = ThingPainted(thing_id=key, tenant_id=TENANT, number=number, colour="red")
    headers = header_pairs((to_headers(event(data, number)) | {"ce_source": source}).items())
    payload = data.model_dump_json().replace("red", colour).encode()
    await log.write_raw((TOPIC, str(key).encode(), payload, headers))


OWNER = "/services/example"


async def states(example: ExampleService) -> list[str]:
    rows = await example.sql("select state from parked_messages where replayed_at is null order by id")
    return [row["state"] for row in rows]


async def test_a_type_only_a_newer_release_knows_is_kept_in_its_order_and_taken_by_that_release(
    example: ExampleService, log: Log
) -> None:
    key, other = new_id(), new_id()
    old, new = subscriptions(lambda e: Note(e.data.thing_id, e.data.number)), painting(ThingPainted)
    async with consuming(example, log, old):
        await log.write(changed(key, 1))
        await write_painted(log, key, 2, "red", OWNER)
        await log.write(changed(key, 3), changed(other, 1))
        await eventually(lambda: has_effects(example, other, [1]))
        await eventually(lambda: are_parked(example, 2))
        assert await states(example) == ["unknown", "waiting"]
        async with consuming(example, log, new):  # beside it, as in a deployment
            await eventually(lambda: has_effects(example, key, [1, 2, 3]))

    assert await example.parked() == []


async def test_a_new_value_of_an_enumeration_waits_for_the_release_that_knows_it(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    async with consuming(example, log, painting(ThingPaintedOld)):
        await write_painted(log, key, 1, "red", OWNER)
        await write_painted(log, key, 2, "blue", OWNER)
        await write_painted(log, key, 3, "red", OWNER)
        await eventually(lambda: are_parked(example, 2))
        await eventually(lambda: has_effects(example, key, [1]))
        assert await states(example) == ["unknown", "waiting"]
    async with consuming(example, log, painting(ThingPainted)):
        await eventually(lambda: has_effects(example, key, [1, 2, 3]))


async def test_a_type_of_a_newer_release_that_turns_out_to_concern_others_holds_nothing_back(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    policies = subscriptions(lambda e: Note(e.data.thing_id, e.data.number))
    async with consuming(example, log, policies):
        await write_painted(log, key, 1, "red", OWNER)
        await log.write(changed(key, 2))
        await eventually(lambda: are_parked(example, 2))
    knows = example.consumer(log.bootstrap, log.prefix, policies)
    knows.delivery.reader._known |= {ThingPainted.type: ThingPainted}
    await knows.delivery.parked.take_over(knows.delivery.reader.release)
    await eventually(Retrier(knows.delivery).retry)
    await eventually(Retrier(knows.delivery).retry)

    assert await example.effects(key) == [2]
    assert await example.parked() == []


async def test_a_new_value_from_anybody_but_the_topics_owner_is_malformed(
    example: ExampleService, log: Log
) -> None:
    key = new_id()
    async with consuming(example, log, painting(ThingPaintedOld)):
        await write_painted(log, key, 1, "blue", "/services/stranger")
        await eventually(lambda: are_parked(example, 1))
        assert await states(example) == ["failed"]
