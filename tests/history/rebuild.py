"""Loses what a service has copied while clients go on, has it announced again, and compares."""

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field

from tests.faults.draining import drain
from tests.faults.scenario import EACH, SCHOOLS, Scenario
from tests.faults.stage import Stage, set_stage
from tests.history.announcing import NEEDED, announce
from tests.history.copies import READERS, copies_of, knowledge, lose_copies
from wex.journey.clients import StepFailed


@dataclass
class Rebuilt:
    """What came of losing one service's copies."""

    reader: str
    rows: int
    announced: int
    seconds: float
    missing: list[str] = field(default_factory=list)  # rows that did not come back, or came back otherwise

    @property
    def held(self) -> bool:
        return not self.missing


async def rebuild(scenario: Scenario, reader: str, seed: int) -> Rebuilt:
    """One service loses its copies under load, and has each row of before again at the end."""
    stage = await set_stage(scenario, seed, random.Random(f"rebuild:{reader}:{seed}"))
    await drain(scenario, stage.sessions)
    before = await copies_of(scenario.rows, reader)
    over = asyncio.Event()
    going = asyncio.create_task(go_on(stage, over))
    began = time.monotonic()
    await lose_copies(scenario.rows, reader)
    try:
        told = await announce(scenario.platform, NEEDED[reader])
    finally:
        over.set()
        await going
    await drain(scenario, stage.sessions, heard_again=told)
    missing = sorted((before - await copies_of(scenario.rows, reader)).elements())
    return Rebuilt(reader, before.total(), told, time.monotonic() - began, missing)


async def go_on(stage: Stage, over: asyncio.Event) -> None:
    """Schools ask for places and take them back until it is over, whatever they are answered."""
    turn, send = 0, stage.scenario.insist.send
    while not over.is_set():
        turn += 1
        key, school = f"{stage.spare}:{turn}", turn % SCHOOLS
        leader, learner = stage.scenario.schools[school].leader, stage.learner(school, turn % EACH)
        asked = {"session_id": stage.spare, "learner_ids": [learner]}
        # On a busy machine what was lost may stay unknown for longer than a client asks.
        with contextlib.suppress(StepFailed):
            status, told = await send(leader, "bookings", "/v1/bookings", asked, key)
            if status == 201:
                await send(leader, "bookings", f"/v1/bookings/{told['id']}/withdrawal", None, f"{key}:back")
        await asyncio.sleep(0.05)


async def told_to_who_knows(scenario: Scenario) -> tuple[int, list[str]]:
    """Announce everything to services that have lost nothing: how much was told, and what it changed."""
    await drain(scenario, [])
    before = await knowledge(scenario.rows)
    told = await announce(scenario.platform)
    await drain(scenario, [], heard_again=told)
    after = await knowledge(scenario.rows)
    return told, [name for name, digest in before.items() if after[name] != digest]


async def rebuild_all(scenario: Scenario, seed: int) -> list[Rebuilt]:
    """Each reader in turn."""
    return [await rebuild(scenario, reader, seed) for reader in READERS]
