"""The rush on one session: it sells its places, and never one more."""

import asyncio
from collections import Counter

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
        said = [each.data for each in await world.bookings.said(PlacesChanged)]
        assert [each.taken for each in said if isinstance(each, PlacesChanged)] == list(range(1, PLACES + 1))
        return True

    await eventually(told)
