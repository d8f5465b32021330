"""The sweeper: what waits for a deadline is acted on once, when it has passed; what is old is forgotten."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.bus.inbox import Message
from shared.kernel import FixedClock, new_id
from shared.messaging import sweeper as sweeping
from shared.messaging.deadlines import LEASE, MAX_ATTEMPTS
from shared.messaging.policy import Deadline, Due, Instruction
from tests.infra.polling import eventually
from tests.shared.example_service import ExampleService, ExampleUnitOfWork, Note, note

NOON = datetime(2027, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock(example: ExampleService) -> FixedClock:
    """The example service's clock, at noon."""
    example.clock = example.bus._clock = FixedClock(NOON)
    return example.clock


async def wait_until(
    example: ExampleService, due_at: datetime, subject: UUID | None = None, name: str = "overdue"
) -> UUID:
    subject = subject or new_id()

    async def wait(_: None, uow: ExampleUnitOfWork) -> None:
        await uow.transaction.wait_until(name, subject, new_id(), due_at)

    await example.bus.execute(Message("test", str(new_id())), wait, None)
    return subject


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


@pytest.mark.parametrize(
    "failure",
    [ZeroDivisionError("bug"), asyncpg.QueryCanceledError("statement timeout")],
    ids=["a bug", "work that takes too long"],
)
async def test_a_deadline_that_fails_keeps_nobody_waiting_and_is_tried_again_later(
    example: ExampleService, clock: FixedClock, failure: Exception
) -> None:
    bad = await wait_until(example, NOON - timedelta(hours=1))
    await wait_until(example, NOON)

    def when_overdue_fail_for_one(due: Due) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note, Note(due.subject_id, 1, fails=failure if due.subject_id == bad else None))

    sweeper = example.sweeper(Deadline("overdue", when_overdue_fail_for_one))
    assert await sweeper.sweep() == 1
    assert await example.effects(bad) == []
    rows = await example.sql("select attempts from deadlines where subject_id = $1", bad)
    assert rows[0]["attempts"] == 1


async def test_a_policy_that_fails_keeps_nobody_waiting_either(
    example: ExampleService, clock: FixedClock
) -> None:
    bad = await wait_until(example, NOON - timedelta(hours=1))
    good = await wait_until(example, NOON)

    def when_overdue_fail(due: Due) -> Instruction[ExampleUnitOfWork]:
        if due.subject_id == bad:
            raise KeyError("canary")
        return Instruction(note, Note(due.subject_id, 1))

    assert await example.sweeper(Deadline("overdue", when_overdue_fail)).sweep() == 1
    assert await example.effects() == await example.effects(good) == [1]


async def test_a_failed_deadline_rests_twice_as_long_each_time_and_is_given_up_in_the_end(
    example: ExampleService, clock: FixedClock
) -> None:
    await wait_until(example, NOON)

    def when_overdue_fail(due: Due) -> Instruction[ExampleUnitOfWork]:
        return Instruction(note, Note(due.subject_id, 1, fails=ZeroDivisionError()))

    sweeper, tried = example.sweeper(Deadline("overdue", when_overdue_fail), jitter=lambda: 0.0), []
    while True:
        (row,) = await example.sql("select attempts, try_at, dead_at from deadlines")
        if row["dead_at"]:
            break
        clock.move(max(row["try_at"] - clock.now(), timedelta(0)))
        tried.append(int((clock.now() - NOON).total_seconds()))
        assert await sweeper.sweep() == 0

    rests = [later - earlier for earlier, later in pairwise(tried)]
    assert len(tried) == MAX_ATTEMPTS
    assert rests == [min(5 * 2**number, 3600) for number in range(MAX_ATTEMPTS - 1)]
    clock.move(timedelta(days=1))
    assert await sweeper.sweep() == 0
    assert await sweeper._queue.state(clock.now()) == ({}, {"overdue": 1})


async def test_it_tells_for_how_long_the_oldest_that_was_never_tried_is_overdue(
    example: ExampleService, clock: FixedClock
) -> None:
    await wait_until(example, NOON)
    await wait_until(example, NOON + timedelta(hours=1), name="another")
    clock.move(timedelta(seconds=90))

    assert await example.sweeper()._queue.state(clock.now()) == ({"overdue": 90.0}, {})
    await example.sweeper()._keep_house()


async def test_a_dead_deadline_waits_anew_when_it_is_set_again(
    example: ExampleService, clock: FixedClock
) -> None:
    subject = await wait_until(example, NOON)
    await example.sql("update deadlines set attempts = $1, dead_at = now()", MAX_ATTEMPTS)
    assert await example.sweeper().sweep() == 0

    await wait_until(example, NOON, subject)

    assert await example.sweeper().sweep() == 1


async def test_a_thousand_that_always_fail_keep_no_other_from_being_met_in_the_next_round(
    example: ExampleService, clock: FixedClock
) -> None:
    """Before, the oldest 200 failing ones were taken again at every tick, for good."""
    await example.sql(
        "insert into deadlines (name, subject_id, tenant_id, due_at, try_at, attempts) "
        "select 'overdue', gen_random_uuid(), gen_random_uuid(), $1, $1, 1 from generate_series(1, 1000)",
        NOON - timedelta(hours=1),
    )
    bad = {row["subject_id"] for row in await example.sql("select subject_id from deadlines")}

    def when_overdue_fail_for_some(due: Due) -> Instruction[ExampleUnitOfWork]:
        if due.subject_id in bad:
            raise ZeroDivisionError
        return Instruction(note, Note(due.subject_id, 1))

    sweeper = example.sweeper(Deadline("overdue", when_overdue_fail_for_some))
    good = [await wait_until(example, NOON) for _ in range(20)]

    assert await sweeper.sweep() == 20
    assert {row["key"] for row in await example.sql("select key from effects")} == set(good)


async def test_a_deadline_of_an_earlier_release_is_met_when_it_is_due_and_not_before(
    example: ExampleService, clock: FixedClock
) -> None:
    await example.sql(
        "insert into deadlines (name, subject_id, tenant_id, due_at) "
        "values ('overdue', gen_random_uuid(), gen_random_uuid(), $1)",
        NOON + timedelta(hours=1),
    )
    assert await example.sweeper().sweep() == 0

    clock.move(timedelta(hours=1))

    assert await example.sweeper().sweep() == 1


async def test_two_sweepers_share_what_is_due(example: ExampleService, clock: FixedClock) -> None:
    for _ in range(40):
        await wait_until(example, NOON)
    first, second = example.sweeper(), example.sweeper()
    claimed = await first._queue.claim(clock.now(), fresh=15, failed=0)

    assert await second.sweep() == 25
    clock.move(LEASE)
    assert await second.sweep() == len(claimed) == 15
    assert await example.effects() == [1] * 40


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
