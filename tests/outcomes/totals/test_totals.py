"""Copies compared with what they are of: a broken one is found and named, and nothing else is."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from outcomes.counting import COUNTING
from outcomes.operating import TOTALS
from shared.contracts.bookings import CountedByBookings
from shared.contracts.opportunities import CountedByOpportunities
from shared.contracts.outcomes import CountedByOutcomes
from shared.contracts.safeguarding import CountedBySafeguarding
from shared.contracts.totals import DayTotal, TotalsCounted
from shared.kernel import FixedClock
from shared.messaging.counting import DayCounter, count_again
from shared.persistence.provision import with_database
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.outcomes.scenario import Visit

TWO_DAYS_AFTER = datetime(2026, 6, 12, 9, tzinfo=UTC)
COPIES = "/v1/operations/totals"


class Copies:
    """A visit whose register was heard, two days after; what others say of the day is the test's own."""

    def __init__(self, visit: Visit, clock: FixedClock, admin_url: str) -> None:
        self.visit, self.here, self.clock, self.admin = visit, visit.here, clock, admin_url
        self.operator = self.here.caller("operations:read")

    async def bookings_say(self, attended: int, minutes: int, **more: int) -> None:
        institution = self.visit.institution
        numbers = {"attended": attended, "learners": attended, "minutes": minutes} | more
        await self.say(CountedByBookings, [DayTotal(institution_id=institution, **numbers)])

    async def say(
        self, contract: type[TotalsCounted], totals: Sequence[DayTotal], *, complete: bool = True
    ) -> None:
        now = self.clock.now()
        await self.here.hear(contract(on=self.visit.on, as_of=now, totals=list(totals), complete=complete))
        if complete:
            await self.heard(contract.topic.partition(".")[0])

    async def count(self) -> None:
        """Outcomes counts its own copies."""
        runtime = self.here.runtime
        await count_again(runtime.database, self.visit.on, self.clock.now())
        counter = DayCounter(runtime.database, runtime.waker, runtime.clock, COUNTING)
        while await counter.count():
            pass
        await self.heard("outcomes")

    async def heard(self, service: str) -> None:
        """What the service has counted now was compared."""
        now = self.clock.now()

        async def compared() -> bool:
            day = await self.day()
            as_of = {each["service"]: each["as_of"] for each in day["counted"]}[service]
            return as_of is not None and datetime.fromisoformat(as_of) == now

        await eventually(compared, within=60)

    async def day(self) -> dict[str, Any]:
        answer = await self.operator.get(COPIES, limit=100)
        assert answer.status_code == 200, answer.text
        days = {each["on"]: each for each in answer.json()["items"]}
        assert str(self.visit.on) in days
        found: dict[str, Any] = days[str(self.visit.on)]
        return found

    async def differences(self, **asked: Any) -> list[dict[str, Any]]:
        answer = await self.operator.get(f"{COPIES}/{self.visit.on}/differences", **asked)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    async def sql(self, statement: str, *arguments: Any) -> None:
        """As the superuser, past everything the service would check."""
        connection = await asyncpg.connect(with_database(self.admin, self.here.database.name))
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()

    def next_night(self) -> None:
        self.clock.move(timedelta(days=1))


@pytest.fixture
async def copies(run_service: RunService, postgres_admin_url: str) -> Copies:
    clock = FixedClock(TWO_DAYS_AFTER)
    visit = Visit(await run_service("outcomes", clock=clock))
    await visit.begin()
    await visit.here.hear(visit.register(), sequence=5)
    await visit.register_arrived()
    clock.move(timedelta(minutes=1))  # the worker's own counting of an empty day was before
    return Copies(visit, clock, postgres_admin_url)


async def test_copies_that_agree_say_nothing(copies: Copies) -> None:
    for _ in range(2):
        await copies.bookings_say(3, 900)
        await copies.count()
        copies.next_night()

    day = await copies.day()
    assert (day["found"], day["first"]) == (0, None)
    assert await copies.differences() == []


async def test_a_broken_copy_is_found_and_named(copies: Copies) -> None:
    lost = copies.visit.learners[0]
    await copies.sql("delete from attendances where learner_id = $1", lost)

    await copies.bookings_say(3, 900)
    await copies.count()
    assert (await copies.day())["found"] == 0  # seen once: both count again first
    assert {each["found_at"] for each in await copies.differences()} == {None}
    copies.next_night()
    await copies.bookings_say(3, 900)
    await copies.count()

    day, found = await copies.day(), await copies.differences()
    assert day["found"] == 3
    assert day["first"] == found[0]
    assert [(each["measure"], each["number"], each["other_number"]) for each in found] == [
        ("attended", 3, 2), ("learners", 3, 2), ("minutes", 900, 600),
    ]  # fmt: skip
    assert {(each["service"], each["other_service"]) for each in found} == {("bookings", "outcomes")}
    assert {each["institution_id"] for each in found} == {str(copies.visit.institution)}
    assert {each["found_at"] for each in found} != {None}


async def test_changed_minutes_of_a_copy_are_found_too(copies: Copies) -> None:
    await copies.sql("update attendances set minutes = 299 where learner_id = $1", copies.visit.learners[0])

    for _ in range(2):
        await copies.bookings_say(3, 900)
        await copies.count()
        copies.next_night()

    (found,) = await copies.differences()
    assert (found["measure"], found["number"], found["other_number"]) == ("minutes", 900, 899)


async def test_a_copy_that_was_mended_is_no_difference_after_the_next_counting(copies: Copies) -> None:
    await copies.sql("update attendances set minutes = 299 where learner_id = $1", copies.visit.learners[0])
    for _ in range(2):
        await copies.bookings_say(3, 900)
        await copies.count()
        copies.next_night()
    assert (await copies.day())["found"] == 1

    await copies.here.hear(copies.visit.register(), sequence=6)  # announced again, or corrected
    await copies.visit.register_arrived()
    await eventually(lambda: has_minutes(copies, 900), within=60)
    await copies.bookings_say(3, 900)
    await copies.count()

    assert (await copies.day())["found"] == 0


async def has_minutes(copies: Copies, minutes: int) -> bool:
    found = await copies.visit.assessment()
    return bool(sum(each["attended_minutes"] for each in found.values()) == minutes)


async def test_a_register_on_its_way_while_the_others_count_is_no_difference(copies: Copies) -> None:
    corrected = dict(zip(copies.visit.learners, (300, 300, 60), strict=True))

    await copies.bookings_say(3, 660)  # the correction is in there, and here it is yet to come
    await copies.count()
    await copies.here.hear(copies.visit.register(corrected), sequence=6)
    await eventually(lambda: has_minutes(copies, 660), within=60)
    copies.next_night()
    await copies.bookings_say(3, 660)
    assert (await copies.day())["found"] == 0
    await copies.count()

    assert await copies.differences() == []


async def test_a_day_corrected_after_it_was_counted_is_counted_again(copies: Copies) -> None:
    await copies.bookings_say(3, 900)
    await copies.count()
    absent = dict(zip(copies.visit.learners, (300, 300, 0), strict=True))
    await copies.here.hear(copies.visit.register(absent), sequence=6)
    await eventually(lambda: has_minutes(copies, 600), within=60)

    for _ in range(2):
        copies.next_night()
        await copies.bookings_say(2, 600)
        await copies.count()

    assert await copies.differences() == []


async def test_what_others_say_of_their_own_copies_is_compared(copies: Copies) -> None:
    institution = copies.visit.institution
    for _ in range(2):
        cleared = DayTotal(institution_id=institution, cleared=2, attended=3, learners=3, minutes=900)
        await copies.say(CountedByBookings, [cleared, DayTotal(institution_id=None, places=30)])
        await copies.say(CountedBySafeguarding, [])
        await copies.say(CountedByOpportunities, [DayTotal(institution_id=None, places=29)])
        await copies.count()
        copies.next_night()

    first, second = await copies.differences()
    assert (first["measure"], first["institution_id"]) == ("places", None)
    assert (first["number"], first["other_number"], first["other_service"]) == (30, 29, "opportunities")
    assert (second["measure"], second["number"], second["other_number"]) == ("cleared", 0, 2)
    assert (await copies.day())["first"]["measure"] == "places"


async def test_a_part_of_a_counting_is_compared_when_it_is_whole_and_an_old_one_never(copies: Copies) -> None:
    here, there = copies.visit.institution, uuid4()
    await copies.count()
    await copies.say(CountedByBookings, [DayTotal(institution_id=there, attended=1)], complete=False)
    await copies.say(CountedByBookings, [DayTotal(institution_id=here, attended=3, learners=3, minutes=900)])
    assert [each["institution_id"] for each in await copies.differences()] == [str(there)]
    earlier = copies.clock.now() - timedelta(hours=1)
    late = CountedByBookings(on=copies.visit.on, as_of=earlier, totals=[], complete=True)
    await copies.here.hear(late)

    copies.next_night()
    await copies.bookings_say(3, 900)
    await copies.count()

    assert await copies.differences() == []


async def test_operators_alone_read_it_page_by_page_and_by_institution(copies: Copies) -> None:
    schools = sorted(uuid4() for _ in range(3))
    await copies.say(CountedByBookings, [DayTotal(institution_id=each, attended=1) for each in schools])
    await copies.sql("update attendances set minutes = 0")
    await copies.count()

    path = f"{COPIES}/{copies.visit.on}/differences"
    first = (await copies.operator.get(path, limit=2)).json()
    second = (await copies.operator.get(path, limit=2, cursor=first["next_cursor"])).json()
    paged = [UUID(each["institution_id"]) for each in first["items"] + second["items"]]
    assert (paged, second["next_cursor"]) == (schools, None)
    (one,) = await copies.differences(institution_id=str(schools[1]))
    assert one["institution_id"] == str(schools[1])
    days = (await copies.operator.get(COPIES, limit=1)).json()
    assert len(days["items"]) == 1
    for each in (COPIES, path):
        assert (await copies.visit.school.get(each)).status_code == 403
    assert (await copies.operator.get(f"{COPIES}/tomorrow/differences")).status_code == 422


async def test_the_command_names_the_first_difference_of_each_day_and_all_of_one(
    copies: Copies, capsys: pytest.CaptureFixture[str]
) -> None:
    await copies.sql("delete from attendances where learner_id = $1", copies.visit.learners[0])
    for _ in range(2):
        await copies.bookings_say(3, 900)
        await copies.count()
        copies.next_night()

    async def shown(*words: str) -> list[str]:
        parser = argparse.ArgumentParser()
        TOTALS.arguments(parser)
        await TOTALS.run(copies.here.service, parser.parse_args(words))
        return capsys.readouterr().out.splitlines()

    school = copies.visit.institution
    first = f"attended of institution {school}: bookings 3, outcomes 2"
    assert f"{copies.visit.on}  3 found, first: {first}  (not counted by opportunities, safeguarding)" in (
        await shown()
    )
    lines = await shown("--day", str(copies.visit.on))
    assert [line.partition(":")[0] for line in lines] == [
        f"{measure} of institution {school}" for measure in ("attended", "learners", "minutes")
    ]
    assert await shown("--day", str(copies.visit.on), "--institution", str(uuid4())) == []


async def test_numbers_are_published_without_any_learner_s_id(copies: Copies) -> None:
    await copies.count()

    async def published() -> bool:
        said = [each.data for each in await copies.here.said(CountedByOutcomes)]
        texts = [each.model_dump_json() for each in said]
        assert not any(str(learner) in text for text in texts for learner in copies.visit.learners)
        return any(each.totals for each in said if isinstance(each, TotalsCounted))

    await eventually(published, within=60)
