"""The sweeper: what waits for a deadline is acted on once, when it has passed; what is old is forgotten."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.bus.inbox import Message
from shared.kernel import FixedClock, new_id
from shared.messaging import sweeper as sweeping
from shared.messaging.deadlines import LEASE
from shared.messaging.policy import Deadline, Due, Instruction
from tests.infra.polling import eventually
from tests.shared.example_service import ExampleService, ExampleUnitOfWork, Note, note
from tests.shared.waits import NOON, wait_until


async def test_a_deadline_is_acted_on_once_and_not_before_it_has_passed(
    example: ExampleService, clock: FixedClock
) -> None:
    await wait_until(example, NOON + timedelta(hours=1))
    sweeper = example.sweeper()

    assert await sweeper.sweep() == 0
    clock.move(timedelta(minutes=59, seconds=59))
    assert await sweeper.sweep() == 0
    clock.move(timedelta(seconds=1))
    assert await sweeper.sweep() == 1
    assert await sweeper.sweep() == 0
    assert await example.effects() == [1]
    assert await example.sql("select from deadlines") == []


async def test_a_deadline_that_was_moved_or_lifted_is_not_acted_on(
    example: ExampleService, clock: FixedClock
) -> None:
    moved, lifted = await wait_until(example, NOON), await wait_until(example, NOON)

    async def lift(_: None, uow: ExampleUnitOfWork) -> None:
        await uow.transaction.stop_waiting("overdue", lifted)
        await uow.transaction.wait_until("overdue", moved, new_id(), NOON + timedelta(days=1))

    await example.bus.execute(Message("test", "lift"), lift, None)

    assert await example.sweeper().sweep() == 0
    clock.move(timedelta(days=1))
    assert await example.sweeper().sweep() == 1
    assert await example.effects(moved) == [1]


async def test_a_wait_for_the_same_moment_begun_again_is_met_again(
    example: ExampleService, clock: FixedClock
) -> None:
    subject = await wait_until(example, NOON)
    sweeper = example.sweeper()
    assert await sweeper.sweep() == 1

    await wait_until(example, NOON, subject)

    assert await sweeper.sweep() == 1
    assert await example.effects(subject) == [1, 1]


async def test_a_handler_may_set_its_own_deadline_anew(example: ExampleService, clock: FixedClock) -> None:
    subject = await wait_until(example, NOON)

    async def remind_tomorrow(command: Note, uow: ExampleUnitOfWork) -> None:
        await note(command, uow)
        await uow.transaction.wait_until("overdue", command.key, new_id(), NOON + timedelta(days=1))

    def when_overdue_remind(due: Due) -> Instruction[ExampleUnitOfWork]:
        return Instruction(remind_tomorrow, Note(due.subject_id, 1))

    sweeper = example.sweeper(Deadline("overdue", when_overdue_remind))
    assert await sweeper.sweep() == 1
    assert await sweeper.sweep() == 0
    clock.move(timedelta(days=1))
    assert await sweeper.sweep() == 1
    assert await example.effects(subject) == [1, 1]


async def test_who_waits_again_until_the_same_moment_is_heard_again(
    example: ExampleService, clock: FixedClock
) -> None:
    subject, sweeper = await wait_until(example, NOON), example.sweeper()
    assert await sweeper.sweep() == 1
    await wait_until(example, NOON, subject)

    assert await sweeper.sweep() == 1
    assert await example.effects(subject) == [1, 1]


async def test_a_deadline_nobody_here_knows_is_left_alone(example: ExampleService, clock: FixedClock) -> None:
    await wait_until(example, NOON, name="another")

    assert await example.sweeper().sweep() == 0
    assert len(await example.sql("select from deadlines")) == 1


async def test_several_sweepers_act_once(example: ExampleService, clock: FixedClock) -> None:
    for _ in range(20):
        await wait_until(example, NOON)
    await asyncio.gather(*(example.sweeper().sweep() for _ in range(4)))
    await example.sweeper().sweep()

    assert await example.effects() == [1] * 20
    assert await example.sql("select from deadlines") == []


async def test_a_crash_between_the_effect_and_the_tidying_has_no_second_effect(
    example: ExampleService, clock: FixedClock
) -> None:
    await wait_until(example, NOON)
    sweeper = example.sweeper()

    async def crash(*_: Any, **__: Any) -> None:
        raise ConnectionResetError

    sweeper._queue.finish = crash  # type: ignore[method-assign]
    with pytest.raises(ConnectionResetError):
        await sweeper.sweep()

    clock.move(LEASE)
    assert await example.sweeper().sweep() == 1
    assert await example.effects() == [1]


async def test_it_goes_round_by_itself_and_outlives_its_backends(
    example: ExampleService, clock: FixedClock
) -> None:
    sweeper = example.sweeper()
    await sweeper.start()
    await wait_until(example, NOON)
    await eventually(lambda: _has_met(example, 1))
    await example.kill_backends("example")
    example.database.engine.sync_engine.pool.dispose()
    await wait_until(example, NOON)
    await eventually(lambda: _has_met(example, 2))
    await sweeper.stop()

    assert not sweeper.heartbeat.stuck


async def _has_met(example: ExampleService, count: int) -> bool:
    return len(await example.effects()) == count


async def test_claims_of_requests_and_deadlines_are_forgotten_after_two_days(
    example: ExampleService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "FORGET_BATCH", 2)
    ages = {"http:a:b": (1, 3, 5, 8), "when_x_do_y": (1, 3), "deadline:z": (1, 41)}
    for source, days in ages.items():
        for day in days:
            await example.sql(
                "insert into inbox (source, message_id, received_at) "
                "values ($1, $2, now() - make_interval(days => $3))",
                source, str(day), day,
            )  # fmt: skip

    await example.sweeper()._forget()

    left = await example.sql("select source, message_id from inbox order by source, message_id::int")
    assert [(row["source"], row["message_id"]) for row in left] == [
        ("deadline:z", "1"),
        ("http:a:b", "1"),
        ("when_x_do_y", "1"),
        ("when_x_do_y", "3"),
    ]


async def test_what_was_replayed_is_forgotten_after_forty_days(example: ExampleService) -> None:
    await example.sql(
        "insert into parked_messages "
        "(consumer, topic, partition, position, key, headers, reason, replayed_at) "
        "select 'c', 't', 0, d, 'k', '{}', 'r', now() - make_interval(days => d) from unnest(array[1, 41]) d"
    )

    await example.sweeper()._forget()

    assert len(await example.sql("select from parked_messages")) == 1
