"""The rush on one session: it sells its places, and never one more."""

import asyncio
import random
from collections import Counter
from typing import Any

from shared.contracts.bookings import PlacesChanged
from tests.bookings.world import School, World
from tests.infra.polling import eventually

PLACES, TRIES = 30, 120


async def test_120_askers_of_four_schools_get_the_30_places_and_not_one_more(world: World) -> None:
    schools = [await world.school() for _ in range(4)]
    session = await world.session(places=PLACES)
    asking = [(school, learner) for school in schools for learner in await world.learners(school, TRIES // 4)]

    async def ask(school: School, learner: str) -> str:
        asked = {"session_id": str(session.session_id), "learner_ids": [learner]}
        answer = await school.client.post("/v1/bookings", asked)
        return str(answer.json().get("slug", answer.status_code))

    answers = Counter(await asyncio.gather(*(ask(*each) for each in asking)))

    assert answers == {"201": PLACES, "no-places-left": TRIES - PLACES}
    assert await world.places(session) == (PLACES, PLACES, 0)
    held = await world.sql(
        "select sum(places) from bookings where state = 'awaiting_clearance'",
        tenants=[world.provider_id],
    )
    assert held == PLACES

    async def told() -> bool:
        said = await world.said(PlacesChanged)
        taken = [each.data.taken for each in said if isinstance(each.data, PlacesChanged)]
        # Those who were answered together are told of together.
        assert taken == sorted(set(taken))
        assert taken[-1] == PLACES
        assert [each.sequence for each in said] == list(range(1, len(said) + 1))
        return True

    await eventually(told)


async def test_places_and_bookings_agree_after_everybody_has_asked_left_and_withdrawn_at_once(
    world: World,
) -> None:
    chance = random.Random(20270201)
    schools = [await world.school() for _ in range(3)]
    session = await world.session(places=12)
    pupils = {school.id: await world.learners(school, 30) for school in schools}

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

    await eventually(world.lines_called)
    assert await world.places(session) == await counted(world, session.places)


async def counted(world: World, places: int) -> tuple[int, Any, Any]:
    """What the bookings themselves say is taken and waiting, and no learner's day is filled in vain."""
    tenants = [world.provider_id]
    held = "select coalesce(sum(places), 0) from bookings where state = 'awaiting_clearance'"
    taken = await world.sql(held, tenants=tenants)
    assert await world.sql("select count(*) from learner_days", tenants=tenants) == taken
    waiting = "select count(*) from bookings where state = 'waitlisted'"
    return places, taken, await world.sql(waiting, tenants=tenants)
