"""Cells of many clients: ten thousand for thirty places, and those who go on while processes come and go."""

import asyncio
import time
from collections import Counter
from uuid import NAMESPACE_URL, uuid5

from tests.faults.scenario import SCHOOLS
from tests.faults.stage import Stage
from wex.journey.clients import Persona

PLACES = 30
BOOKERS = 10_000
BOOKERS_AGAIN = 1_000  # in every trial after the first
AT_ONCE = 100  # clients that have a request under way
IN_LINE = 0.01  # of all: those who would wait
CROWD = 600  # learners of each school who are asked for while processes come and go
BESIDE = 6  # clients that go on while processes come and go
MORE_SESSIONS = 90  # that they publish at most: an opportunity has at most 100


async def rush(stage: Stage) -> str:
    """F16: thousands of learners of all schools ask for one session, each under a key of its own."""
    scenario, draw, bookers = stage.scenario, stage.draw, stage.scenario.bookers
    await scenario.crowd(-(-bookers // SCHOOLS))
    session = await _add_session(stage, PLACES)
    asking = [
        (school, learner, draw.random() < IN_LINE)
        for school in range(SCHOOLS)
        for learner in scenario.schools[school].crowd[: -(-bookers // SCHOOLS)]
    ][:bookers]
    draw.shuffle(asking)
    left = iter(asking)

    async def client() -> None:
        for school, learner, waits in left:
            await stage.ask_for(school, session, learner, waits=waits)

    began = time.monotonic()
    await asyncio.gather(*(client() for _ in range(AT_ONCE)), stage.over.credit(scenario))
    seconds = time.monotonic() - began
    told = Counter(f"{ask.status} {ask.slug}".strip() for ask in stage.asks)
    waiting = sum(waits for _, _, waits in asking)
    stage.facts |= {"bookers": len(asking), "seconds": round(seconds, 2), "told": dict(told)}
    stage.facts |= {"asked_per_second": round(len(asking) / seconds), "would_wait": waiting}
    if told.keys() - {"201", "409 no-places-left"} or not PLACES <= told["201"] <= PLACES + waiting:
        stage.broken.append(f"{len(asking)} were told {dict(told)}")
    taken = (await scenario.rows.places([session]))[session]
    if taken != (PLACES, PLACES):
        stage.broken.append(f"{taken[1]} of {taken[0]} places are taken")
    stage.broken += [s for s in scenario.insist.heard.counts if s.startswith("5")]
    return f"{len(asking)} asked in {seconds:.1f} s"


async def go_on(stage: Stage, over: asyncio.Event) -> None:
    """Ask for places, publish sessions and read from every service until it is over."""
    scenario = stage.scenario
    session = await _add_session(stage, 200)
    asking = iter([(s, learner) for learner in range(CROWD) for s in range(SCHOOLS)])

    async def book() -> None:
        for school, number in asking:
            if over.is_set():
                return
            await stage.ask_for(school, session, scenario.schools[school].crowd[number])
            # The fewer learners are left the seldomer: where a fault lasts long, somebody still asks.
            await asyncio.sleep(0.1 * CROWD / (CROWD - number))

    async def read() -> None:
        school, provider = scenario.schools[0].leader, scenario.provider.provider
        while not over.is_set():
            for who, service, path in _readings(school, provider):
                await scenario.insist.read(who, service, path)
            await asyncio.sleep(0.05)

    async def publish() -> None:
        for _ in range(MORE_SESSIONS):
            if over.is_set():
                return
            await _add_session(stage, 1)
            await asyncio.sleep(0.3)

    await asyncio.gather(*(book() for _ in range(BESIDE)), read(), publish())


def _readings(school: Persona, provider: Persona) -> list[tuple[Persona, str, str]]:
    return [
        (provider, "opportunities", f"/v1/organisations/{provider.organisation}"),
        (school, "bookings", "/v1/bookings?limit=5"),
        (school, "safeguarding", "/v1/clearances?limit=5"),
        (school, "outcomes", f"/v1/institutions/{school.organisation}/progress?key_stage=KS3"),
        (school, "integrations", "/v1/webhook-endpoints"),
    ]


async def _add_session(stage: Stage, places: int) -> str:
    """One more session of the trial's opportunity, late in the day."""
    number = len(stage.full)
    days = [{"on": stage.day.isoformat(), "starts": "15:10:00", "ends": "15:50:00"}]
    path = f"/v1/opportunities/{stage.opportunity}/sessions"
    adult = str(uuid5(NAMESPACE_URL, f"{stage.opportunity} {number}"))
    body = {"places": places, "days": days, "supervisor_ids": [adult]}
    added = await stage.scenario.provide(path, body, f"{stage.opportunity}-more-{number}")
    stage.full.append(str(added["id"]))
    return str(added["id"])
