"""One trial's stage: what is published for it, and what its schools and its provider do on it."""

import asyncio
import random
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from tests.faults.clients import Heard
from tests.faults.credit import TookPlace
from tests.faults.scenario import EACH, SCHOOLS, Scenario, Times
from tests.faults.seen import Ask

AT_ONCE = 25  # sessions that are booked and let pass together, one for each of the next trials
SCARCE: Times = [
    (3, "09:30:00", "11:00:00"), (2, "11:30:00", "13:00:00"), (12, "13:30:00", "15:00:00"),
    (6, "15:30:00", "17:00:00"), (6, "13:30:00", "15:00:00"),
]  # fmt: skip


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
    supervised: str  # a session with one adult, of whom something is learnt after it was booked
    adult: str
    over: TookPlace  # a session that took place, for which credit is asked
    adult_is_clear: bool = True  # as far as the provider has said
    may_tell: asyncio.Event = field(default_factory=asyncio.Event)  # of the adult
    asks: list[Ask] = field(default_factory=list)
    forged: set[str] = field(default_factory=set)  # messages a cell has written itself
    changed_tables: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)  # what a tenant saw of another's rows
    facts: dict[str, Any] = field(default_factory=dict)  # what a cell has measured
    mended_at: float | None = None  # when what was broken began to be mended

    @property
    def sessions(self) -> list[str]:
        return [*self.full, self.spare, self.called_off, self.supervised, self.over.session]

    def __post_init__(self) -> None:
        self.may_tell.set()

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
        """All at once: schools ask for places and look around, one session is called off, one is credited,
        and one has an adult whose check was not clear.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._ask_and_take_back())
            group.create_task(self._look_around())
            group.create_task(self._ask_for_what_is_called_off())
            group.create_task(self._learn_of_the_adult())
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

    async def _learn_of_the_adult(self) -> None:
        """Once schools have booked, the adult's check is not clear; in half the trials it is, later."""
        outcomes = [False, True][: self.draw.randint(1, 2)]
        delays = [self.draw.uniform(0, 2) for _ in outcomes]
        await asyncio.gather(*(self.ask(school, self.supervised, 2) for school in range(SCHOOLS)))
        await self.may_tell.wait()
        for outcome, delay in zip(outcomes, delays, strict=True):
            await asyncio.sleep(delay)
            await self.tell_of_the_adult(outcome)

    async def tell_of_the_adult(self, is_clear: bool) -> None:
        """The provider says what an adult's check came to."""
        self.adult_is_clear = is_clear
        seen_on = self.scenario.provider.today().isoformat()
        check = {
            "type": "enhanced",
            "seen_on": seen_on,
            "seen_by_role": "human_resources",
            "outcome": is_clear,
        }
        await self.scenario.provide(
            f"/v1/supervisors/{self.adult}",
            {"dbs_check": check},
            f"{self.adult}:{is_clear}",
            service="safeguarding",
            method="PUT",
        )

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
    adult = str(uuid4())
    opportunity, sessions = await scenario.publish(day, SCARCE, prefix, adult_of_last=adult)
    *full, spare, called_off, supervised = sessions
    return Stage(
        scenario, seed, draw, day, first, opportunity, full, spare, called_off, supervised, adult, over
    )
