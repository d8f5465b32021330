"""Deadlines: one that fails rests, keeps nobody waiting, and is given up in the end; workers share them."""

from datetime import timedelta
from itertools import pairwise

import asyncpg
import pytest

from shared.kernel import FixedClock
from shared.messaging.deadlines import LEASE, MAX_ATTEMPTS
from shared.messaging.policy import Deadline, Due, Instruction
from tests.shared.example_service import ExampleService, ExampleUnitOfWork, Note, note
from tests.shared.waits import NOON, wait_until


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
