"""The command bus: a message is carried out once, whole or not at all, and its outcome is never guessed."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bus.command_bus import CommandBus, Done, OutcomeUnknown
from shared.bus.inbox import Answer, InFlight, KeyReused, Message, Taken
from shared.bus.wake import CHANNEL
from shared.kernel import ConcurrentChange, Conflict, new_id
from shared.persistence.session import Session
from tests.infra.polling import eventually
from tests.shared import planted
from tests.shared.example_service import ChangeThing, ExampleService, ExampleUnitOfWork, Thing, change_thing


def message(key: str = "k", content: bytes = b"one") -> Message:
    return Message("http:org:somebody", key, fingerprint=content)


def render(number: int) -> Answer:
    return Answer(201, f'{{"number": {number}}}', {"ETag": '"v1"'})


async def test_the_same_key_is_answered_the_same_and_has_one_effect(example: ExampleService) -> None:
    command = ChangeThing(new_id(), 7)
    first = await example.bus.execute(message(), change_thing, command, render)
    again = await example.bus.execute(message(), change_thing, command, render)

    assert isinstance(first, Done)
    assert again == Taken(first.answer)
    assert await example.effects() == [7]


async def test_the_same_key_with_other_content_is_refused(example: ExampleService) -> None:
    await example.bus.execute(message(), change_thing, ChangeThing(new_id()), render)

    with pytest.raises(KeyReused):
        await example.bus.execute(message(content=b"two"), change_thing, ChangeThing(new_id()), render)
    assert await example.effects() == [1]


async def test_the_same_key_of_another_caller_is_another_message(example: ExampleService) -> None:
    for source in ("http:org:one", "http:org:two"):
        await example.bus.execute(Message(source, "k"), change_thing, ChangeThing(new_id()))

    assert await example.effects() == [1, 1]


async def test_a_message_in_hand_is_refused_meanwhile_and_not_carried_out_twice(
    example: ExampleService,
) -> None:
    begun, finish = asyncio.Event(), asyncio.Event()

    async def slow(command: ChangeThing, uow: ExampleUnitOfWork) -> int:
        begun.set()
        await finish.wait()
        return await change_thing(command, uow)

    first = asyncio.create_task(example.bus.execute(message(), slow, ChangeThing(new_id()), render))
    await begun.wait()
    with pytest.raises(InFlight):
        await example.bus.execute(message(), slow, ChangeThing(new_id()), render)
    finish.set()

    assert isinstance(await first, Done)
    assert await example.effects() == [1]


async def test_a_refusal_leaves_no_trace(example: ExampleService) -> None:
    with pytest.raises(Conflict):
        await example.bus.execute(
            message(), change_thing, ChangeThing(new_id(), fail_with=Conflict()), render
        )

    assert await example.effects() == []
    for table in ("inbox", "outbox", "deadlines"):
        assert await example.sql(f"select from {table}") == []
    await example.bus.execute(message(), change_thing, ChangeThing(new_id()), render)
    assert await example.effects() == [1]


async def test_a_fault_leaves_no_trace_either(example: ExampleService) -> None:
    with pytest.raises(ZeroDivisionError):
        await example.change(new_id(), fail_with=ZeroDivisionError())

    assert await example.effects() == []
    assert await example.sql("select from outbox") == []


async def through_the_bus(example: ExampleService, message_id: str, key: UUID) -> None:
    while True:
        try:
            await example.bus.execute(Message("test", message_id), change_thing, ChangeThing(key))
        except InFlight:
            await asyncio.sleep(0.005)
        else:
            return


async def test_a_message_delivered_four_times_at_once_has_one_effect(example: ExampleService) -> None:
    keys = [new_id() for _ in range(40)]
    await asyncio.gather(*(through_the_bus(example, str(key), key) for key in keys for _ in range(4)))

    assert len(await example.effects()) == len(keys)


async def test_planted_checking_before_acting_has_the_effect_again(example: ExampleService) -> None:
    key, both_looked = new_id(), asyncio.Barrier(2)
    await asyncio.gather(*(planted.check_then_act(example, "message", key, both_looked) for _ in "12"))

    assert len(await example.effects()) == 2


async def test_a_change_that_lost_its_race_is_tried_again(example: ExampleService) -> None:
    tries: list[int] = []

    async def beaten_twice(command: ChangeThing, uow: ExampleUnitOfWork) -> int:
        tries.append(1)
        if len(tries) < 3:
            raise ConcurrentChange
        return await change_thing(command, uow)

    await example.bus.execute(message(), beaten_twice, ChangeThing(new_id()))

    assert len(tries) == 3
    assert await example.effects() == [1]


async def test_a_change_beaten_every_time_is_told_so(example: ExampleService) -> None:
    async def beaten(command: ChangeThing, uow: ExampleUnitOfWork) -> int:
        await change_thing(command, uow)
        raise ConcurrentChange

    with pytest.raises(ConcurrentChange):
        await example.bus.execute(message(), beaten, ChangeThing(new_id()))
    assert await example.effects() == []


async def test_two_changes_at_once_of_one_thing_both_count(example: ExampleService) -> None:
    tenant, thing_id = new_id(), new_id()

    def by(key: str) -> Message:
        return Message("test", key, frozenset({tenant}))

    async def make(_: None, uow: ExampleUnitOfWork) -> None:
        thing = Thing(thing_id, tenant, "")
        thing.rename("new")
        await uow.save(thing)

    async def rename(name: str, uow: ExampleUnitOfWork) -> None:
        thing = await uow.thing(thing_id)
        await asyncio.sleep(0.02)
        thing.rename(name)
        await uow.save(thing)

    await example.bus.execute(by("make"), make, None)
    await asyncio.gather(*(example.bus.execute(by(name), rename, name) for name in ("a", "b", "c")))

    (row,) = await example.sql("select version from things")
    assert row["version"] == 4
    said = await example.sql(
        "select (convert_from(payload, 'utf8')::jsonb ->> 'number')::int as n from outbox"
    )
    assert sorted(each["n"] for each in said) == [1, 2, 3, 4]


async def test_a_commit_whose_answer_is_lost_is_unknown_and_the_key_settles_it(
    example: ExampleService, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit, mine = AsyncSession.commit, asyncio.current_task()

    async def commit_and_lose_the_answer(session: AsyncSession) -> None:
        await commit(session)
        if asyncio.current_task() is not mine:
            return
        monkeypatch.setattr(AsyncSession, "commit", commit)
        raise asyncpg.ConnectionDoesNotExistError("lost")

    monkeypatch.setattr(AsyncSession, "commit", commit_and_lose_the_answer)
    command = ChangeThing(new_id(), 7)
    with pytest.raises(OutcomeUnknown):
        await example.bus.execute(message(), change_thing, command, render)

    assert await example.bus.execute(message(), change_thing, command, render) == Taken(render(7))
    assert await example.effects() == [7]


async def test_a_backend_killed_at_its_commit_is_unknown_and_the_key_settles_it(
    example: ExampleService,
) -> None:
    await example.sql(
        """
        do $$ begin
          create function dawdle() returns trigger language plpgsql as
            'begin perform pg_sleep(5); return null; end';
          create constraint trigger dawdle after insert on effects deferrable initially deferred
            for each row when (new.number = 13) execute function dawdle();
        end $$
        """
    )
    executing = asyncio.create_task(
        example.bus.execute(message(), change_thing, ChangeThing(new_id(), 13), render)
    )

    async def killed() -> bool:
        return bool(
            await example.sql(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() "
                "and query ilike 'commit%' and state = 'active'"
            )
        )

    await eventually(killed)
    with pytest.raises(OutcomeUnknown):
        await executing

    await example.sql("drop trigger dawdle on effects")
    again = await example.bus.execute(message(), change_thing, ChangeThing(new_id(), 13), render)
    assert isinstance(again, Done)
    assert await example.effects() == [13]


async def notifies_inside(carry_out: Any) -> bool:
    """Whether a NOTIFY is among the statements of the transaction itself."""
    statements: list[str] = []
    execute = Session.execute

    async def listen(session: Session, statement: Any, *arguments: Any, **options: Any) -> Any:
        statements.append(str(statement))
        return await execute(session, statement, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Session, "execute", listen)
        await carry_out()
    assert any("into outbox" in each for each in statements)
    return any("notify" in each.lower() for each in statements)


async def test_the_relay_is_woken_outside_of_the_transaction(example: ExampleService) -> None:
    heard: list[str] = []
    listener = await example.database.connect()
    await listener.add_listener(CHANNEL, lambda *_: heard.append("woken"))
    await example.waker.start()

    assert not await notifies_inside(lambda: example.change(new_id()))
    await eventually(lambda: heard)
    listener.terminate()


async def test_many_commits_wake_the_relay_few_times(example: ExampleService) -> None:
    heard: list[str] = []
    listener = await example.database.connect()
    await listener.add_listener(CHANNEL, lambda _connection, _pid, _channel, word: heard.append(word))
    await example.waker.start()

    for _ in range(200):
        example.waker.wake()
    await eventually(lambda: heard)
    await example.waker.stop()
    # Heard in the order of their commits: behind this one nothing more of the waker's comes.
    await example.sql("select pg_notify($1, 'the last')", CHANNEL)
    await eventually(lambda: "the last" in heard)
    listener.terminate()

    assert len(heard) - 1 <= 3


async def test_planted_a_notify_inside_the_transaction_is_seen(example: ExampleService) -> None:
    async def change_and_notify(command: ChangeThing, uow: ExampleUnitOfWork) -> int:
        await uow.session.execute(text("select pg_notify('outbox', '')"))
        return await change_thing(command, uow)

    assert await notifies_inside(
        lambda: example.bus.execute(message(), change_and_notify, ChangeThing(new_id()))
    )


async def test_the_waker_outlives_its_connection(example: ExampleService) -> None:
    heard: list[str] = []
    listener = await example.relay_database.connect()
    await listener.add_listener(CHANNEL, lambda *_: heard.append("woken"))
    await example.waker.start()
    example.waker.wake()
    await eventually(lambda: heard)
    await example.kill_backends("example")

    async def woken_again() -> bool:
        example.waker.wake()
        return len(heard) > 1

    await eventually(woken_again)
    listener.terminate()


async def test_nothing_said_wakes_nobody(example: ExampleService, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[int] = []
    monkeypatch.setattr(example.waker, "wake", lambda: woken.append(1))

    async def say_nothing(_: None, uow: ExampleUnitOfWork) -> None:
        await uow.effect(new_id(), 1)

    await example.bus.execute(message(), say_nothing, None)

    assert woken == []


async def test_a_bus_survives_every_backend_being_killed(example: ExampleService) -> None:
    bus: CommandBus[ExampleUnitOfWork] = example.bus
    for number in range(3):
        await example.change(new_id(), number)
    await example.kill_backends("example")

    async def works() -> bool:
        try:
            await bus.execute(message("after"), change_thing, ChangeThing(new_id(), 99))
        except (DBAPIError, asyncpg.PostgresError, OSError, OutcomeUnknown):
            return False
        return True

    await eventually(works)
    assert (await example.effects())[-1] == 99
