"""The trial's small world: a provider, schools whose clients keep a journal, and one partner that listens."""

import asyncio
import io
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx2
from rich.console import Console

from tests.faults.reading import Log, Rows
from tests.faults.seen import Ask
from wex.journey import main as journey
from wex.journey import roster, supply
from wex.journey.clients import Clients, Persona, StepFailed
from wex.journey.receiver import Receiver, receiving
from wex.journey.state import Walk
from wex.platform import Platform
from wex.ports import free_port

SCHOOLS = 3
EACH = 4  # learners of each school in one trial
DAYS = 140
PARTITIONS = 3
PATIENCE = 60.0
_HEARD = ["booking.requested.v1", "booking.confirmed.v1", "booking.ended.v1"]
_NOT_YET_HEARD = {
    "session-not-found",
    "session-not-bookable",
    "institution-not-eligible",
    "request-in-flight",
}


@dataclass
class School:
    """A school, its careers leader and its learners in Year 9."""

    leader: Persona
    learners: list[str]


@dataclass
class World:
    """What all trials on one platform share."""

    platform: Platform
    clients: Clients
    provider: Walk
    schools: list[School]
    receiver: Receiver
    rows: Rows
    log: Log
    trials: int = 0
    hasty: random.Random | None = None  # where set, clients give up after moments and try again

    async def send(
        self, who: Persona, service: str, path: str, body: Any, key: str
    ) -> tuple[int, dict[str, Any]]:
        """Post until there is an answer that stands: the same key each time, whatever happens between."""
        token = await self.clients._token(who, service)
        headers = {"Idempotency-Key": key, "Authorization": f"Bearer {token}"}
        url, end, tries = self.platform.api(service) + path, time.monotonic() + PATIENCE, 0
        while time.monotonic() < end:
            tries += 1
            haste = self.hasty.uniform(0.001, 0.04) if self.hasty and tries < 4 else 10.0
            try:
                async with asyncio.timeout(haste):
                    answer = await self.clients.http.post(url, json=body, headers=headers)
            except (httpx2.TransportError, TimeoutError):
                await asyncio.sleep(0.05)
                continue
            told: dict[str, Any] = answer.json() if answer.content else {}
            if answer.status_code < 500 and told.get("slug") not in _NOT_YET_HEARD:
                return answer.status_code, told
            await asyncio.sleep(0.1)
        raise StepFailed(f"{path} was not answered within {PATIENCE:.0f} s")

    def days(self) -> tuple[date, int]:
        """The next day on which the next learners are free: (day, number of their first)."""
        turn, number = divmod(self.trials, DAYS)
        self.trials += 1
        first = self.provider.today() + timedelta(days=2)
        if (turn + 1) * EACH > roster.LEARNERS - 1:
            raise StepFailed("every learner is booked on every day: begin with a new platform")
        return first + timedelta(days=number), turn * EACH


@dataclass
class Scene:
    """One trial's sessions and its journal."""

    world: World
    seed: int
    draw: random.Random
    first_learner: int
    full: list[str]  # sessions with fewer places than tries
    spare: str  # the session of the fresh booking after the heal
    asks: list[Ask] = field(default_factory=list)
    forged: set[str] = field(default_factory=set)  # messages a cell has written itself
    changed_tables: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    mended_at: float | None = None  # when what was broken began to be mended

    @property
    def sessions(self) -> list[str]:
        return [*self.full, self.spare]

    def learner(self, school: int, number: int) -> str:
        return self.world.schools[school].learners[self.first_learner + number]

    async def ask(self, school: int, session: str, number: int, *, waits: bool = False) -> Ask:
        """A school asks for one learner's place, until it knows the answer; both are in the journal."""
        leader = self.world.schools[school].leader
        learner = self.learner(school, number)
        ask = Ask(str(leader.organisation), session, learner, f"{session}:{learner}", waits)
        self.asks.append(ask)
        body = {"session_id": session, "learner_ids": [learner], "join_waiting_list": waits}
        status, told = await self.world.send(leader, "bookings", "/v1/bookings", body, ask.key)
        ask.slug, ask.booking = told.get("slug", ""), told.get("id", "")
        ask.status = status
        return ask

    async def take_back(self, ask: Ask) -> None:
        """End a booking: withdrawn while it waits, cancelled once it is confirmed."""
        leader = next(s.leader for s in self.world.schools if str(s.leader.organisation) == ask.institution)
        path = f"/v1/bookings/{ask.booking}"
        ways: list[tuple[str, Any]] = [("withdrawal", None), ("cancellation", {"reason_code": "trip-moved"})]
        for turn in range(4):  # it may be confirmed between the two
            way, body = ways[turn % 2]
            status, _ = await self.world.send(
                leader, "bookings", f"{path}/{way}", body, f"{ask.key}:{way}:{turn}"
            )
            if status == 200:
                ask.taken_back = True
                return

    async def work(self) -> None:
        """More tries than places by all schools within a second, some willing to wait; two are taken back."""

        async def one(school: int, session: str, number: int) -> Ask:
            waits, delay = self.draw.random() < 0.5, self.draw.uniform(0, 0.8)
            await asyncio.sleep(delay)
            return await self.ask(school, session, number, waits=waits)

        tries = [
            one(school, session, number)
            for session in self.full
            for school in range(SCHOOLS)
            for number in range(EACH - 2)
        ]
        asks = await asyncio.gather(*tries)
        booked = [ask for ask in asks if ask.status == 201]
        for ask in self.draw.sample(booked, min(2, len(booked))):
            await self.take_back(ask)


async def scene(world: World, seed: int, draw: random.Random) -> Scene:
    """Publish an opportunity with two scarce sessions and a spare one, through clients that insist."""
    day, first = world.days()
    walk, prefix = world.provider, f"trial-{world.trials}-{draw.getrandbits(64):x}"

    async def post(path: str, body: Any, key: str) -> dict[str, Any]:
        status, told = await world.send(walk.provider, "opportunities", path, body, f"{prefix}-{key}")
        if status >= 400:
            raise StepFailed(f"{path}: {told}")
        return told

    draft = await post("/v1/opportunities", _particulars(walk), "draft")
    sessions = []
    for number, (places, starts, ends) in enumerate(
        [(3, "09:30:00", "11:00:00"), (2, "11:30:00", "13:00:00"), (12, "13:30:00", "15:00:00")]
    ):
        body = {"places": places, "days": [{"on": day.isoformat(), "starts": starts, "ends": ends}]}
        path = f"/v1/opportunities/{draft['id']}/sessions"
        sessions.append((await post(path, body, f"session-{number}"))["id"])
    await post(f"/v1/opportunities/{draft['id']}/publication", None, "publication")
    return Scene(world, seed, draw, first, sessions[:2], sessions[2])


def _particulars(walk: Walk) -> dict[str, Any]:
    return {
        "mode": "in_person",
        "tier": "investigate-explore",
        "activity_band": supply.BAND,
        "sector": "advanced-manufacturing",
        "objective_codes": ["IE-1.3", "IE-2.2"],
        "planned_criteria": ["M1", "M2", "M3", "M4", "M5", "M6", "M7"],
        "site_id": walk.site_id,
        **supply.VISIT,
    }


@asynccontextmanager
async def world_on(platform: Platform, *, with_history: bool = False) -> AsyncIterator[World]:
    """A provider that is assured, schools with their rosters, and a partner of the first school.

    `with_history`: the journey was walked before, so that the topics hold events of every kind and the
    ledger its credits.
    """
    told = io.StringIO()
    if with_history and await journey.run(platform, Console(file=told, width=150)):
        raise StepFailed(told.getvalue())
    async with receiving(free_port()) as receiver:
        receiver.refuse_first = ""
        clients = Clients(platform.addresses.issuer, platform.api)
        try:
            provider = Walk(platform, clients, receiver)
            await supply.register_provider(provider)
            await supply.assure_provider(provider)
            await supply.publish_opportunity(provider)  # until the register has heard of the assurance
            schools = [await _school(provider, number) for number in range(SCHOOLS)]
            body = {"url": receiver.url, "event_types": _HEARD}
            endpoint = await clients.call(
                schools[0].leader, "integrations", "POST", "/v1/webhook-endpoints", body
            )
            receiver.secret = endpoint["secret"]
            rows = Rows(platform.addresses.postgres)
            log = Log(platform.addresses.kafka, PARTITIONS)
            yield World(platform, clients, provider, schools, receiver, rows, log)
        finally:
            await clients.close()


async def _school(walk: Walk, number: int) -> School:
    call = walk.clients.call
    body = {
        "kind": "institution", "name": f"Example Academy {number}", "institution_type": "academy",
        "area_code": supply.AREA,
    }  # fmt: skip
    answer = await call(walk.hub, "opportunities", "POST", "/v1/organisations", body)
    leader = Persona("school", f"leader-{number}", UUID(answer["id"]))
    mis = Persona("mis", f"mis-{number}", leader.organisation)
    packed = roster.roster_zip(walk.today(), f"{number + 1}{walk.school_digits[1:]}")
    await call(mis, "integrations", "POST", "/v1/rosters", content=packed)

    async def learners() -> list[str]:
        first = await call(leader, "bookings", "GET", "/v1/learners", limit=100)
        return sorted(each["id"] for each in first["items"] if each["year_group"] == 9)

    found = await walk.clients.until(
        learners, lambda ids: len(ids) == roster.LEARNERS - 1, "the roster is in"
    )
    return School(leader, found)
