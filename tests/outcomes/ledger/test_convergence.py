"""Whatever the order of arrival, however often it arrives: the same ledger."""

import asyncio
import random
from collections.abc import Coroutine
from datetime import time
from typing import Any
from uuid import UUID

import pytest

from shared.contracts.outcomes import LedgerCredited, LedgerDenied, LedgerReversed
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.outcomes.scenario import Visit


async def test_every_order_of_arrival_gives_the_same_sums(run_service: RunService) -> None:
    here = await run_service("outcomes")
    drawn = random.Random(7)
    visits = [Visit(here) for _ in range(4)]
    pieces: list[Coroutine[Any, Any, object]] = []
    for visit in visits:
        full, partial, absent = visit.learners
        register = visit.register({full: 300, partial: 45, absent: 0})
        events = [visit.published(), visit.scheduled(), visit.confirmed(), register, *visit.recorded()]
        pieces += [here.hear(event) for event in events]
        pieces += [visit.give_evidence(), visit.give_feedback(), visit.reflect(full)]
    # All at once: the events race each other, and a request is sent again until it may come.
    drawn.shuffle(pieces)
    await asyncio.gather(*pieces)
    for visit in visits:
        full, partial, absent = visit.learners
        await visit.stands({full: 300, partial: 0, absent: 0})

        async def settled(visit: Visit = visit, partial: UUID = partial) -> bool:
            report = await visit.progress()
            assert (report["learners_on_roll"], report["credited_minutes"]) == (3, 300)
            return bool((await visit.assessment())[partial]["missing"] == ["M7"])

        await eventually(settled)
        assert (await visit.ledger(full))["totals"][0]["credited_minutes"] == 300


async def test_evidence_may_come_before_the_register(run_service: RunService) -> None:
    visit = Visit(await run_service("outcomes"))
    one, two, three = visit.learners
    await visit.here.hear(visit.scheduled(), visit.confirmed())
    await visit.give_evidence()
    await visit.give_feedback(one, two)
    await visit.here.hear(visit.register())
    await visit.reflect()
    await visit.here.hear(visit.published())
    assert (await visit.assessment())[one]["credited_minutes"] == 0
    await visit.here.hear(*visit.recorded())
    await visit.stands({one: 300, two: 300, three: 0})
    await visit.lack({three: ["M6"]})


@pytest.fixture
async def credited(run_service: RunService) -> Visit:
    """A visit whose three learners are credited with a whole day."""
    visit = Visit(await run_service("outcomes"))
    await visit.begin()
    await visit.here.hear(visit.register(), sequence=5)
    await visit.register_arrived()
    await visit.give_evidence()
    await visit.give_feedback()
    await visit.reflect()
    await visit.stands(dict.fromkeys(visit.learners, 300))
    return visit


async def test_a_corrected_register_reverses_and_credits_anew(credited: Visit) -> None:
    one, two, three = credited.learners
    await credited.here.hear(credited.register({one: 0, two: 120}), sequence=6)
    # Who is no longer in the register was not there.
    await credited.stands({one: 0, two: 120, three: 0})
    found = await credited.assessment()
    assert [found[each]["reason_codes"] for each in (one, three)] == [["absent"], ["absent"]]
    assert (await credited.progress())["credited_minutes"] == 120
    entries = (await credited.ledger(two))["items"]
    assert [(each["kind"], each["minutes"]) for each in entries][:3] == [
        ("credited", 120), ("reversed", 300), ("credited", 300),
    ]  # fmt: skip
    assert entries[1]["reverses"] == entries[2]["entry_id"]
    assert entries[0]["inputs"]["attended_minutes"] == 120

    async def balanced() -> bool:
        return await credited.balance() == {one: 0, two: 120, three: 0}

    await eventually(balanced)
    # An older register, delivered late, changes nothing.
    await credited.here.hear(credited.register(), sequence=4)
    await credited.here.hear(*credited.recorded(one, year_group=9), sequence=2)
    await credited.stands({one: 0, two: 120, three: 0})


async def test_a_booking_that_ended_counts_nothing(credited: Visit) -> None:
    await credited.here.hear(credited.ended(), sequence=7)
    await credited.stands(dict.fromkeys(credited.learners, 0))
    report = await credited.progress()
    assert report["credited_minutes"] == 0
    assert {each["code"] for each in report["denied"]} == {"any", "booking-ended"}


async def test_events_delivered_again_do_nothing(credited: Visit) -> None:
    here, (one, *_) = credited.here, credited.learners
    again = [
        *await here.hear(credited.register(), sequence=8),
        *await here.hear(credited.scheduled(), credited.published(), sequence=8),
        *await here.hear(*credited.recorded(), sequence=8),
    ]
    before = await credited.ledger(one)

    async def all_published() -> int:
        published = [await here.said(kind) for kind in (LedgerCredited, LedgerDenied, LedgerReversed)]
        return sum(len(each) for each in published)

    count = await all_published()
    await here.deliver(*again, *again)
    marker = Visit(here, institution=credited.institution)
    await here.hear(*marker.recorded())

    async def all_consumed() -> bool:
        return bool((await credited.progress())["learners_on_roll"] == 6)

    await eventually(all_consumed)
    assert await credited.ledger(one) == before
    assert await all_published() == count


async def test_a_year_group_heard_later_counts_the_learner_there_and_moves_no_minute(
    credited: Visit,
) -> None:
    one, *_ = credited.learners
    await credited.here.hear(*credited.recorded(one, year_group=10, priority_flags=["send"]), sequence=3)

    async def moved() -> bool:
        return bool((await credited.progress("KS4"))["learners_on_roll"] == 1)

    await eventually(moved)
    assert (await credited.progress("KS3"))["credited_minutes"] == 600
    totals = (await credited.ledger(one))["totals"]
    assert [(each["key_stage"], each["credited_minutes"]) for each in totals] == [("KS3", 300)]
    groups = {each["group"]: each for each in (await credited.progress("KS4"))["groups"]}
    assert groups["flag:send"]["learners"] == groups["priority"]["learners"] == 1


async def test_overlapping_sessions_of_one_learner_count_once(credited: Visit) -> None:
    one, *_ = credited.learners
    other = Visit(
        credited.here, learners=[one], institution=credited.institution, starts=time(14), ends=time(18)
    )
    await other.begin()
    await other.here.hear(other.register(240))
    await other.register_arrived()
    await other.give_evidence()
    await other.give_feedback()
    await other.reflect()

    async def denied() -> bool:
        return bool((await other.assessment())[one]["reason_codes"] == ["day-already-full"])

    await eventually(denied)
    assert (await credited.progress())["credited_minutes"] == 900
    # The earlier session turns out shorter for this learner: the later one may fill the day.
    minutes: dict[UUID, int] = dict.fromkeys(credited.learners, 300) | {one: 200}
    await credited.here.hear(credited.register(minutes), sequence=9)
    await other.stands({one: 100})
    assert (await credited.progress())["credited_minutes"] == 900


async def test_encounters_never_count_and_placements_only_in_key_stage_4(run_service: RunService) -> None:
    here = await run_service("outcomes")
    expected = [("encounter", 9, 0), ("placement", 9, 0), ("placement", 10, 300)]
    for kind, year_group, minutes in expected:
        visit = Visit(here, kind=kind, year_group=year_group)
        await visit.begin()
        await visit.here.hear(visit.register())
        await visit.register_arrived()
        await visit.give_evidence()
        await visit.give_feedback()
        await visit.reflect()
        await visit.stands(dict.fromkeys(visit.learners, minutes))
