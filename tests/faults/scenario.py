"""The trials' scenario: a provider, schools whose clients keep a journal, and one partner that listens."""

import asyncio
import io
import random
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from typing import Any
from uuid import UUID

from rich.console import Console

from tests.attack.scenario import marked_roster
from tests.faults.clients import Heard, Insistent
from tests.faults.credit import TookPlace, let_pass
from tests.faults.reading import Log, Rows
from tests.faults.searching import Sayings
from tests.faults.seen import Ask
from wex.journey import main as journey
from wex.journey import roster, supply
from wex.journey.clients import Clients, Persona, StepFailed
from wex.journey.platforms import LocalPlatform
from wex.journey.receiver import Receiver, receiving
from wex.journey.state import Walk
from wex.platform import Platform
from wex.ports import free_port

SCHOOLS = 3
EACH = 4  # learners of each school in one trial
DAYS = 140
PARTITIONS = 3
AT_ONCE = 25  # sessions that are booked and let pass together, one for each of the next trials
_HEARD = ["booking.requested.v1", "booking.confirmed.v1", "booking.ended.v1"]
Times = list[tuple[int, str, str]]  # of sessions: places, begin and end
SCARCE: Times = [
    (3, "09:30:00", "11:00:00"), (2, "11:30:00", "13:00:00"), (12, "13:30:00", "15:00:00"),
    (6, "15:30:00", "17:00:00"),
]  # fmt: skip


@dataclass
class School:
    """A school, its careers leader, its learners in Year 9, and a crowd of more that bookings alone knows."""

    leader: Persona
    learners: list[str]
    upns: str  # how the numbers of its pupils begin, without the letter
    crowd: list[str] = field(default_factory=list)

    @property
    def id(self) -> str:
        return str(self.leader.organisation)


@dataclass
class Scenario:
    """What all trials on one platform share."""

    platform: Platform
    insist: Insistent
    provider: Walk
    schools: list[School]
    receiver: Receiver
    rows: Rows
    log: Log
    mark: str  # stands in every name and every word of a person
    sayings: Sayings
    trials: int = 0
    bookers: int = 300  # in a rush
    took_place: list[TookPlace] = field(default_factory=list)

    @property
    def marks(self) -> list[str]:
        """What may be said nowhere: marked words, and the numbers of pupils."""
        return [self.mark, *(school.upns for school in self.schools)]

    def days(self) -> tuple[date, int]:
        """The next day on which the next learners are free: (day, number of their first)."""
        turn, number = divmod(self.trials, DAYS)
        self.trials += 1
        first = self.provider.today() + timedelta(days=2)
        if (turn + 1) * EACH > roster.LEARNERS - 1:
            raise StepFailed("every learner is booked on every day: begin with a new platform")
        return first + timedelta(days=number), turn * EACH

    async def next_that_took_place(self, at_once: int) -> TookPlace:
        """A session that is over, for one trial; others are let pass with it."""
        if not self.took_place:
            self.took_place = await let_pass(self, at_once)
        return self.took_place.pop()

    async def publish(self, day: date, times: Times, prefix: str) -> tuple[str, list[str]]:
        """An opportunity with sessions on one day: its id and theirs. Keys begin with the prefix."""
        draft = await self.provide("/v1/opportunities", _particulars(self.provider), f"{prefix}-draft")
        path = f"/v1/opportunities/{draft['id']}"
        sessions = []
        for number, (places, starts, ends) in enumerate(times):
            body = {"places": places, "days": [{"on": day.isoformat(), "starts": starts, "ends": ends}]}
            added = await self.provide(f"{path}/sessions", body, f"{prefix}-session-{number}")
            sessions.append(str(added["id"]))
        await self.provide(f"{path}/publication", None, f"{prefix}-publication")
        return str(draft["id"]), sessions

    async def provide(self, path: str, body: Any, key: str) -> dict[str, Any]:
        """The provider changes its part of the register. Raises `StepFailed` where it is refused."""
        status, told = await self.insist.send(self.provider.provider, "opportunities", path, body, key)
        if status >= 400:
            raise StepFailed(f"{path}: {told}")
        return told

    async def crowd(self, each: int) -> None:
        """So many more learners in each school, put into the database of bookings by its owner."""
        copy = """insert into learners
            select institution_id, gen_random_uuid(), given_name, family_name, birth_date, year_group,
                   priority_flags, on_roll, heard_at
            from learners, generate_series(1, $3) where institution_id = $1 and learner_id = $2
            returning learner_id::text"""
        for school in self.schools:
            if (missing := each - len(school.crowd)) > 0:
                rows = await self.rows.ask(
                    "bookings", copy, UUID(school.id), UUID(school.learners[0]), missing
                )
                school.crowd += [row[0] for row in rows]


@dataclass
class Stage:
    """One trial's sessions and its journal."""

    scenario: Scenario
    seed: int
    draw: random.Random
    day: date
    first_learner: int
    opportunity: str
    full: list[str]  # sessions with fewer places than tries
    spare: str  # the session of the fresh booking after the heal
    called_off: str  # a session that its provider cancels while schools ask for its places
    over: TookPlace  # a session that took place, for which credit is asked
    asks: list[Ask] = field(default_factory=list)
    forged: set[str] = field(default_factory=set)  # messages a cell has written itself
    changed_tables: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # what a tenant saw of another's rows
    facts: dict[str, Any] = field(default_factory=dict)  # what a cell has measured
    mended_at: float | None = None  # when what was broken began to be mended

    @property
    def sessions(self) -> list[str]:
        return [*self.full, self.spare, self.called_off, self.over.session]

    def learner(self, school: int, number: int) -> str:
        return self.scenario.schools[school].learners[self.first_learner + number]

    async def ask(self, school: int, session: str, number: int, *, waits: bool = False) -> Ask:
        """A school asks for one learner's place, until it knows the answer; both are in the journal."""
        return await self.ask_for(school, session, self.learner(school, number), waits=waits)

    async def ask_for(self, school: int, session: str, learner: str, *, waits: bool = False) -> Ask:
        """The same for any learner."""
        leader = self.scenario.schools[school].leader
        ask = Ask(str(leader.organisation), session, learner, f"{session}:{learner}", waits)
        self.asks.append(ask)
        body = {"session_id": session, "learner_ids": [learner], "join_waiting_list": waits}
        status, told = await self.scenario.insist.send(leader, "bookings", "/v1/bookings", body, ask.key)
        ask.slug, ask.booking = told.get("slug", ""), told.get("id", "")
        ask.status = status
        return ask

    async def take_back(self, ask: Ask) -> None:
        """End a booking: withdrawn while it waits, cancelled once it is confirmed."""
        leader = next(s.leader for s in self.scenario.schools if s.id == ask.institution)
        path = f"/v1/bookings/{ask.booking}"
        ways: list[tuple[str, Any]] = [("withdrawal", None), ("cancellation", {"reason_code": "trip-moved"})]
        for turn in range(4):  # it may be confirmed between the two
            way, body = ways[turn % 2]
            status, _ = await self.scenario.insist.send(
                leader, "bookings", f"{path}/{way}", body, f"{ask.key}:{way}:{turn}"
            )
            if status == 200:
                ask.taken_back = True
                return

    async def work(self) -> None:
        """All at once: schools ask for places and look around, one session is called off, one is credited."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask_and_take_back())
            group.create_task(self._look_around())
            group.create_task(self._ask_for_what_is_called_off())
            group.create_task(self.over.credit(self.scenario))

    async def _ask_and_take_back(self) -> None:
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

    async def _ask_for_what_is_called_off(self) -> None:
        """Its provider cancels a session while schools ask for its places: whatever they hear, none stays."""

        async def ask(school: int) -> None:
            leader, session, learner = (
                self.scenario.schools[school].leader,
                self.called_off,
                self.learner(school, 0),
            )
            body = {"session_id": session, "learner_ids": [learner]}
            await asyncio.sleep(self.draw.uniform(0, 0.8))
            await self.scenario.insist.send(leader, "bookings", "/v1/bookings", body, f"{session}:{school}")

        async def call_off() -> None:
            path, key = f"/v1/sessions/{self.called_off}/cancellation", f"{self.called_off}:off"
            await asyncio.sleep(self.draw.uniform(0.2, 0.8))
            await self.scenario.provide(path, {"reason_code": "storm"}, key)

        await asyncio.gather(call_off(), *(ask(school) for school in range(SCHOOLS)))

    async def _look_around(self) -> None:
        """Schools read their own lists, all at the same addresses at once, and try what is another's."""

        async def one(school: int) -> None:
            who = self.scenario.schools[school].leader
            theirs, session = self.over.bookings[(school + 1) % SCHOOLS], self.over.session
            for path in (f"/v1/bookings?session_id={session}&limit=100", "/v1/learners?limit=100") * 2:
                await self.scenario.insist.read(who, "bookings", path)
            await self.scenario.insist.read(who, "bookings", f"/v1/bookings/{theirs}")
            await self.scenario.insist.read(who, "safeguarding", f"/v1/bookings/{theirs}/clearance")
            await self.scenario.insist.read(who, "outcomes", f"/v1/sessions/{session}/assessment?limit=100")

        await asyncio.gather(*(one(school) for school in range(SCHOOLS)))


async def set_stage(scenario: Scenario, seed: int, draw: random.Random, *, at_once: int = AT_ONCE) -> Stage:
    """Publish an opportunity with two scarce sessions and a spare one, through clients that insist."""
    scenario.insist.heard = Heard()
    over = await scenario.next_that_took_place(at_once)
    day, first = scenario.days()
    prefix = f"trial-{scenario.trials}-{draw.getrandbits(64):x}"
    opportunity, sessions = await scenario.publish(day, SCARCE, prefix)
    *full, spare, called_off = sessions
    return Stage(scenario, seed, draw, day, first, opportunity, full, spare, called_off, over)


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
async def scenario_on(platform: Platform, *, with_history: bool = False) -> AsyncIterator[Scenario]:
    """A provider that is assured, schools with their rosters, and a partner of the first school.

    `with_history`: the journey was walked before, so that the topics hold events of every kind.
    """
    told = io.StringIO()
    if with_history and await journey.run(LocalPlatform(platform), Console(file=told, width=150)):
        raise StepFailed(told.getvalue())
    async with receiving(free_port()) as receiver:
        receiver.refuse_first = ""
        clients = Clients(platform.addresses.issuer, _in_turn(platform))
        try:
            provider, mark = Walk(LocalPlatform(platform), clients, receiver), f"zqx{secrets.token_hex(4)}"
            await supply.register_provider(provider)
            await supply.assure_provider(provider)
            await supply.publish_opportunity(provider)  # until the register has heard of the assurance
            schools = [await _school(provider, number, mark) for number in range(SCHOOLS)]
            body = {"url": receiver.url, "event_types": _HEARD}
            endpoint = await clients.call(
                schools[0].leader, "integrations", "POST", "/v1/webhook-endpoints", body
            )
            receiver.secret = endpoint["secret"]
            rows = Rows(platform.addresses.postgres)
            log = Log(platform.addresses.kafka, PARTITIONS)
            sayings = Sayings(platform.folders, log, rows)
            insist = Insistent(clients)
            yield Scenario(platform, insist, provider, schools, receiver, rows, log, mark, sayings)
        finally:
            await clients.close()


def _in_turn(platform: Platform) -> Callable[[str], str]:
    """Each request to the next api of a service, whether that one lives or not."""
    turns = {
        service: cycle([f"http://127.0.0.1:{platform.addresses.ports[name]}" for name in names])
        for service, names in platform.of_each("api").items()
    }
    return lambda service: next(turns[service])


async def _school(walk: Walk, number: int, mark: str) -> School:
    call = walk.clients.call
    body = {
        "kind": "institution", "name": f"Example Academy {number}", "institution_type": "academy",
        "area_code": supply.AREA,
    }  # fmt: skip
    answer = await call(walk.hub, "opportunities", "POST", "/v1/organisations", body)
    leader = Persona("school", f"leader-{number}", UUID(answer["id"]))
    mis = Persona("mis", f"mis-{number}", leader.organisation)
    digits = f"{number + 1}{walk.school_digits[1:]}"
    packed = marked_roster(roster.roster_zip(walk.today(), digits), mark)
    await call(mis, "integrations", "POST", "/v1/rosters", content=packed)

    async def learners() -> list[str]:
        first = await call(leader, "bookings", "GET", "/v1/learners", limit=100)
        return sorted(each["id"] for each in first["items"] if each["year_group"] == 9)

    found = await walk.clients.until(
        learners, lambda ids: len(ids) == roster.LEARNERS - 1, "the roster is in"
    )
    return School(leader, found, f"{digits}26")
