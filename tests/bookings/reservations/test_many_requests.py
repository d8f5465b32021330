"""Many requests for one session: it sells its places, and never one more."""

import asyncio
import random
from collections import Counter
from typing import Any

from shared.contracts.bookings import PlacesChanged
from tests.bookings.scenario import Scenario, School
from tests.infra.polling import eventually

PLACES, TRIES = 30, 120


async def test_120_askers_of_four_schools_get_the_30_places_and_not_one_more(scenario: Scenario) -> None:
    schools = [await scenario.school() for _ in range(4)]
    session = await scenario.session(places=PLACES)
    asking = [
        (school, learner) for school in schools for learner in await scenario.learners(school, TRIES // 4)
    ]

    async def ask(school: School, learner: str) -> str:
        asked = {"session_id": str(session.session_id), "learner_ids": [learner]}
        answer = await school.client.post("/v1/bookings", asked)
        return str(answer.json().get("slug", answer.status_code))

    answers = Counter(await asyncio.gather(*(ask(*each) for each in asking)))

    assert answers == {"201": PLACES, "no-places-left": TRIES - PLACES}
    assert await scenario.places(session) == (PLACES, PLACES, 0)
    held = await scenario.sql(
        "select sum(places) from bookings where state = 'awaiting_clearance'",
        tenants=[scenario.provider_id],
    )
    assert held == PLACES

    async def published() -> bool:
        events = await scenario.published(PlacesChanged)
        taken = [each.data.taken for each in events if isinstance(each.data, PlacesChanged)]
        # Requests that share a transaction share an event.
        assert taken == sorted(set(taken))
        assert taken[-1] == PLACES
        assert [each.sequence for each in events] == list(range(1, len(events) + 1))
        return True

    await eventually(published)


async def test_places_and_bookings_agree_after_everybody_has_asked_left_and_withdrawn_at_once(
    scenario: Scenario,
) -> None:
    chance = random.Random(20270201)
    schools = [await scenario.school() for _ in range(3)]
    session = await scenario.session(places=12)
    pupils = {school.id: await scenario.learners(school, 30) for school in schools}

    async def come_and_go(school: School, learner_ids: list[str]) -> None:
        asked = {"session_id": str(session.session_id), "learner_ids": learner_ids}
        answer = await school.client.post("/v1/bookings", asked | {"join_waiting_list": True})
        assert answer.status_code == 201, answer.text
        path = f"/v1/bookings/{answer.json()['id']}"
        if chance.random() < 0.4:
            await school.client.post(f"{path}/departures", {"learner_ids": learner_ids[:1]})
        if chance.random() < 0.5:
            await school.client.post(f"{path}/withdrawal")

    visits = [
        (school, pupils[school.id][start : start + 3]) for school in schools for start in range(0, 30, 3)
    ]
    chance.shuffle(visits)
    await asyncio.gather(*(come_and_go(*each) for each in visits))

    await eventually(scenario.promotions_done)
    assert await scenario.places(session) == await counted(scenario, session.places)


async def counted(scenario: Scenario, places: int) -> tuple[int, Any, Any]:
    """What the bookings themselves say is taken and waiting, and no learner's day is filled in vain."""
    tenants = [scenario.provider_id]
    held = "select coalesce(sum(places), 0) from bookings where state = 'awaiting_clearance'"
    taken = await scenario.sql(held, tenants=tenants)
    assert await scenario.sql("select count(*) from learner_days", tenants=tenants) == taken
    waiting = "select count(*) from bookings where state = 'waitlisted'"
    return places, taken, await scenario.sql(waiting, tenants=tenants)
