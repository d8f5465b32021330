"""What an operator sees of parked messages and does with them: no words of theirs, and each act kept."""

from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from shared.bus.command_bus import CommandBus
from shared.bus.inbox import InFlight, Message
from shared.bus.transaction import Transaction
from shared.kernel import Conflict, new_id
from shared.messaging.kafka import header_pairs
from shared.messaging.parked_acts import (
    NOT_SHOWN,
    DiscardParked,
    HadItsEffect,
    NotParked,
    ParkedActs,
    discard,
)
from shared.messaging.retrier import Retrier
from tests.infra.polling import eventually
from tests.shared.consuming import (
    are_parked,
    changed,
    consuming,
    ended,
    has_effects,
    headers_of,
    subscriptions,
)
from tests.shared.example_service import TOPIC, ExampleService, Note
from tests.shared.log import Log

REFUSING = subscriptions(lambda e: Note(e.data.thing_id, e.data.number, fails=Conflict()))
TAKING = subscriptions(lambda e: Note(e.data.thing_id, e.data.number))


@pytest.fixture
def bus(example: ExampleService) -> CommandBus[Transaction]:
    return CommandBus(
        example.database, lambda it: it, example.clock, example.waker, source="/services/example"
    )


@pytest.fixture
def acts(example: ExampleService) -> ParkedActs:
    return ParkedActs(example.database)


async def discarded(bus: CommandBus[Transaction], parked_id: int) -> None:
    command = DiscardParked(parked_id, "an operator", "published twice")
    await bus.execute(Message("operator", str(new_id())), discard, command)


async def three_of_one_key(example: ExampleService, log: Log) -> UUID:
    """The first is refused, the second too, the third would have its effect."""
    key = new_id()
    async with consuming(example, log, REFUSING):
        await log.write(changed(key, 1), changed(key, 2), ended(key, 3))
        await eventually(lambda: are_parked(example, 3))
    return key


async def test_what_is_parked_is_listed_in_pages_and_one_is_shown_with_its_neighbours(
    example: ExampleService, log: Log, acts: ParkedActs
) -> None:
    key = await three_of_one_key(example, log)

    first, second = await acts.list(limit=2)
    (third,) = await acts.list(after=second["id"])
    assert (first["state"], first["type"], first["key"]) == ("failed", "thing.changed.v1", str(key))
    assert [each["id"] for each in await acts.list("failed")] == [first["id"]]
    shown = await acts.show(third["id"])
    assert (shown["behind"], shown["holds_back"], shown["acts"]) == (first["id"], 0, [])
    assert (await acts.show(first["id"]))["holds_back"] == 2
    with pytest.raises(NotParked):
        await acts.show(third["id"] + 1)


async def test_nothing_a_stranger_wrote_is_shown(example: ExampleService, log: Log, acts: ParkedActs) -> None:
    headers = [pair for pair in headers_of(new_id()) if pair[0] != "ce_id"]
    async with consuming(example, log, TAKING):
        await log.write_raw(
            (TOPIC, b"Ada Example", b"{", [*headers, *header_pairs([("ce_id", "Ada Example")])])
        )
        await eventually(lambda: are_parked(example, 1))

    (one,) = await acts.list()
    shown = await acts.show(one["id"])
    assert (one["key"], one["event"], one["type"]) == (NOT_SHOWN, NOT_SHOWN, "thing.changed.v1")
    assert "Ada" not in str(shown)
    await acts.keep_retry("an operator", parked_id=one["id"])
    assert "Ada" not in str(await example.sql("select * from parked_acts"))


async def test_a_discarded_message_has_no_effect_and_what_stands_behind_it_goes_on(
    example: ExampleService, log: Log, acts: ParkedActs, bus: CommandBus[Transaction]
) -> None:
    key = await three_of_one_key(example, log)
    first, second, third = await acts.list()
    async with consuming(example, log, TAKING):
        await discarded(bus, first["id"])
        await eventually(lambda: has_effects(example, key, [2, 3]))
        await eventually(lambda: are_parked(example, 0))

    (act,) = await example.sql("select * from parked_acts")
    assert (act["parked_id"], act["act"], act["acted_by"]) == (first["id"], "discarded", "an operator")
    assert (act["reason"], act["key"], act["event_id"]) == ("published twice", str(key), first["event"])
    rows = await example.sql("select state from parked_messages order by id")
    assert [row["state"] for row in rows] == ["discarded", "replayed", "replayed"]
    shown = await acts.show(first["id"])
    assert (shown["state"], (shown["acts"][0]["act"], shown["acts"][0]["by"])) == (
        "discarded",
        ("discarded", "an operator"),
    )
    assert second["id"] < third["id"]


async def test_a_worker_that_had_taken_a_message_up_cannot_carry_it_out_once_it_is_discarded(
    example: ExampleService, log: Log, acts: ParkedActs, bus: CommandBus[Transaction],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    key = await three_of_one_key(example, log)
    first, *_ = await acts.list()
    worker = example.consumer(log.bootstrap, log.prefix, TAKING).delivery
    claim = worker.parked.claim

    async def claim_and_be_late(limit: int) -> object:
        claimed = await claim(limit)
        await discarded(bus, first["id"])
        monkeypatch.undo()
        return claimed

    await worker.parked.try_all(str(key))
    monkeypatch.setattr(worker.parked, "claim", claim_and_be_late)
    while await Retrier(worker).retry():
        pass

    assert await example.effects(key) == [2, 3]


async def test_what_has_had_its_effect_is_not_discarded(
    example: ExampleService, log: Log, acts: ParkedActs, bus: CommandBus[Transaction]
) -> None:
    key = await three_of_one_key(example, log)
    first, *_ = await acts.list()
    await example.sql(
        "insert into inbox (source, message_id) values ($1, $2)", first["consumer"], first["event"]
    )

    with pytest.raises(HadItsEffect):
        await discarded(bus, first["id"])

    assert len(await acts.list()) == 3
    assert await example.sql("select from parked_acts where key = $1", str(key)) == []


async def test_what_a_worker_is_trying_is_not_discarded(
    example: ExampleService, log: Log, acts: ParkedActs, bus: CommandBus[Transaction]
) -> None:
    await three_of_one_key(example, log)
    first, *_ = await acts.list()
    async with example.database.session() as trying:
        lock = text("select pg_advisory_xact_lock(hashtextextended(:source || ' ' || :id, 0))")
        await trying.execute(lock, {"source": first["consumer"], "id": first["event"]})
        with pytest.raises(InFlight):
            await discarded(bus, first["id"])


async def test_a_kept_act_cannot_be_changed_by_the_service(
    example: ExampleService, log: Log, acts: ParkedActs
) -> None:
    await three_of_one_key(example, log)
    await acts.keep_retry("an operator")
    assert len(await example.sql("select from parked_acts where act = 'retried'")) == 3

    app = await asyncpg.connect(example.urls.app_url.replace("+asyncpg", ""), timeout=60)
    try:
        for statement in ("delete from parked_acts", "update parked_acts set acted_by = 'nobody'"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await app.execute(statement)
    finally:
        await app.close()
