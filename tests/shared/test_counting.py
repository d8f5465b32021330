"""Counting: a day's rows in numbers, page by page, at the ages of a day, and again when asked."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from sqlalchemy import text

from shared.contracts.totals import TotalsCounted
from shared.kernel import FixedClock, new_id
from shared.messaging import counting
from shared.messaging.counting import Counting, DayCounter, count_again, next_count
from tests.shared.example_service import ExampleService

MORNING = datetime(2026, 11, 23, 9, tzinfo=UTC)
DAY = date(2026, 11, 21)


class CountedByExample(TotalsCounted):
    """Not registered: it is nobody's published language."""

    type: ClassVar[str] = "totals.counted_by_example.v1"
    topic: ClassVar[str] = "example.totals"
    key_field: ClassVar[str] = "on"


_BY_INSTITUTION = """
    select tenant_id as institution_id, count(*) as attended from things
    where tenant_id = any (cast(:tenants as uuid[])) and cast(:on_day as date) is not null
    group by tenant_id order by tenant_id
"""
THINGS = Counting(
    CountedByExample,
    text("select distinct tenant_id from tenants_of_things"),
    text(_BY_INSTITUTION),
    text("select count(*) as places from places where cast(:on_day as date) is not null"),
)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "TENANTS_AT_ONCE", 2)


@pytest.fixture
def morning(example: ExampleService) -> FixedClock:
    """The example's clock, on a morning."""
    example.clock = FixedClock(MORNING)
    return example.clock


async def have_things(example: ExampleService, *counts: int) -> list[UUID]:
    """Tenants in order of their ids, each with so many things."""
    await example.sql("create table tenants_of_things (tenant_id uuid)")
    await example.sql("grant select on tenants_of_things to wex_example_app")
    tenants = sorted(new_id() for _ in counts)
    for tenant, count in zip(tenants, counts, strict=True):
        await example.sql("insert into tenants_of_things values ($1)", tenant)
        for _ in range(count):
            await example.sql("insert into things values ($1, $2, 'a thing', 1)", tenant, new_id())
    return tenants


def counter(example: ExampleService, what: Counting = THINGS) -> DayCounter:
    return DayCounter(example.database, example.waker, example.clock, what)


async def count_all(example: ExampleService, what: Counting = THINGS) -> None:
    one = counter(example, what)
    while await one.count():
        pass


async def said(example: ExampleService) -> list[dict[str, Any]]:
    rows = await example.sql("select payload from outbox order by id")
    return [json.loads(row["payload"]) for row in rows]


async def due(example: ExampleService) -> dict[date, datetime | None]:
    rows = await example.sql("select on_day, due_at from day_counts order by on_day")
    return {row["on_day"]: row["due_at"] for row in rows}


def numbers(*events: dict[str, Any]) -> dict[UUID | None, int]:
    """Of each institution what was attended, of the day the places."""
    found = {}
    for each in [total for event in events for total in event["totals"]]:
        institution = UUID(each["institution_id"]) if each["institution_id"] else None
        found[institution] = each["attended"] if institution else each["places"]
    return found


async def test_a_settled_day_is_counted_page_by_page_and_the_last_says_so(
    example: ExampleService, morning: FixedClock
) -> None:
    one, _, three, four, five = await have_things(example, 3, 0, 1, 2, 4)

    await count_all(example)

    told = await said(example)
    assert [each["complete"] for each in told] == [False, False, True]
    assert {each["on"] for each in told} == {str(DAY)}
    assert {each["as_of"] for each in told} == {"2026-11-23T09:00:00Z"}
    assert numbers(*told) == {one: 3, three: 1, four: 2, five: 4, None: 0}
    assert (await due(example))[DAY] == datetime(2026, 11, 24, 2, tzinfo=UTC)


async def test_a_day_without_anything_is_told_too(example: ExampleService, morning: FixedClock) -> None:
    await have_things(example, 0)

    await count_all(example)

    (told,) = await said(example)
    assert (told["complete"], numbers(told)) == (True, {None: 0})


async def test_a_counting_that_is_broken_off_goes_on_where_it_stood_by_whomever(
    example: ExampleService, morning: FixedClock
) -> None:
    tenants = await have_things(example, 1, 1, 1, 1, 1)

    assert await counter(example).count()
    morning.move(timedelta(minutes=1))
    await count_all(example)

    told = await said(example)
    assert numbers(*told) == dict.fromkeys(tenants, 1) | {None: 0}
    assert len({each["as_of"] for each in told}) == 1  # one counting, whoever did which part


async def test_a_day_is_counted_again_as_the_rows_stand_then_and_for_four_weeks(
    example: ExampleService, morning: FixedClock
) -> None:
    (tenant,) = await have_things(example, 1)
    await count_all(example)
    await example.sql("insert into things values ($1, $2, 'another', 1)", tenant, new_id())

    morning.instant = datetime(2026, 11, 24, 9, tzinfo=UTC)
    await count_all(example)

    told = [each for each in await said(example) if each["on"] == str(DAY)]
    assert [numbers(each)[tenant] for each in told] == [1, 2]
    morning.instant = datetime(2026, 12, 30, 9, tzinfo=UTC)
    await count_all(example)
    assert (await due(example))[DAY] is None


def test_countings_of_a_day_are_half_a_day_apart_also_after_a_long_absence() -> None:
    night = datetime(2026, 11, 23, 2, tzinfo=UTC)

    assert next_count(DAY) == night
    assert next_count(DAY, night) == datetime(2026, 11, 24, 2, tzinfo=UTC)
    assert next_count(DAY, datetime(2026, 11, 23, 20, tzinfo=UTC)) == datetime(2026, 11, 28, 2, tzinfo=UTC)
    assert next_count(DAY, datetime(2026, 12, 19, 20, tzinfo=UTC)) is None


async def test_days_missed_while_nobody_counted_are_counted_after(
    example: ExampleService, morning: FixedClock
) -> None:
    await have_things(example, 1)
    await count_all(example)

    morning.instant = datetime(2026, 11, 27, 9, tzinfo=UTC)
    await count_all(example)

    assert list(await due(example)) == [DAY + timedelta(days=each) for each in range(5)]
    assert {each["on"] for each in await said(example)} == {str(day) for day in await due(example)}


async def test_a_day_that_cannot_be_counted_keeps_no_other_waiting(
    example: ExampleService, morning: FixedClock
) -> None:
    await have_things(example, 1)
    broken = f"select * from ({_BY_INSTITUTION}) n where 1 / (cast(:on_day as date) - date '{DAY}') < 5"
    await count_again(example.database, DAY - timedelta(days=3), MORNING)
    what = Counting(CountedByExample, THINGS.institutions, text(broken), THINGS.of_the_day)

    await count_all(example, what)

    days = await due(example)
    assert len(days) == 4
    assert {each["on"] for each in await said(example)} == {str(day) for day in days if day != DAY}
    assert (await due(example))[DAY] == MORNING + counting.AFTER_A_FAILURE


async def test_an_operator_has_a_day_counted_again_at_once(
    example: ExampleService, morning: FixedClock
) -> None:
    await have_things(example, 1)
    await count_all(example)

    await count_again(example.database, DAY, MORNING)
    await count_all(example)

    assert len(await said(example)) == 2


async def test_two_workers_count_a_day_once(example: ExampleService, morning: FixedClock) -> None:
    tenants = await have_things(example, 1, 1, 1)
    one, other = counter(example), counter(example)

    while await one.count() or await other.count():
        pass

    told = await said(example)
    assert len(told) == 2
    assert numbers(*told) == dict.fromkeys(tenants, 1) | {None: 0}
