"""Sessions that have taken place: attended, shown to be meaningful and reflected on while things break."""

import asyncio
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tests.faults.seen import Attended
from wex.journey.clients import Persona, StepFailed

if TYPE_CHECKING:
    from tests.faults.scenario import Scenario

MAX_EVENTS_PER_BATCH = 2  # learners of one school in such a session
MINUTES = 300


@dataclass
class TookPlace:
    """A session of a day that is over, and each school's confirmed booking in it."""

    session: str
    on: date
    bookings: list[str]  # by the number of the school
    learners: list[list[str]]
    attended: list[Attended] = field(default_factory=list)

    async def credit(self, scenario: "Scenario") -> None:
        """Registers, evidence, feedback, reflections: of all but the first school's first learner."""
        for number, booking in enumerate(self.bookings):
            reflects = [not (number == 0 and turn == 0) for turn in range(MAX_EVENTS_PER_BATCH)]
            for learner, whole in zip(self.learners[number], reflects, strict=True):
                self.attended.append(Attended(learner, booking, self.session, MINUTES, whole))
        async with asyncio.TaskGroup() as group:
            for number in range(len(self.bookings)):
                group.create_task(self._register(scenario, number))
            group.create_task(self.show(scenario))

    async def show(self, scenario: "Scenario") -> None:
        """Evidence, feedback and reflections: all that is given in `outcomes`."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._provider_tells(scenario))
            for each in self.attended:
                if each.meaningful:
                    group.create_task(self._reflect(scenario, each.learner))

    async def _register(self, scenario: "Scenario", number: int) -> None:
        entries = [
            {"learner_id": learner, "attended": True, "minutes": MINUTES} for learner in self.learners[number]
        ]
        await self._tell(
            scenario, scenario.schools[number].leader, "bookings",
            f"/v1/bookings/{self.bookings[number]}/attendance",
            {"on": self.on.isoformat(), "entries": entries},
        )  # fmt: skip

    async def _provider_tells(self, scenario: "Scenario") -> None:
        path, provider = f"/v1/sessions/{self.session}", scenario.provider.provider
        await self._tell(scenario, provider, "outcomes", f"{path}/evidence", {"criteria": _CRITERIA})
        learners = [learner for group in self.learners for learner in group]
        body = {"learner_ids": learners, "comment": f"{scenario.mark} asked good questions.", **_OBJECTIVES}
        await self._tell(scenario, provider, "outcomes", f"{path}/feedback", body)

    async def _reflect(self, scenario: "Scenario", learner: str) -> None:
        school = next(n for n, group in enumerate(self.learners) if learner in group)
        at = scenario.schools[school].leader.organisation
        who = Persona("learner", f"learner-{learner}", at, UUID(learner))
        text = f"{scenario.mark}: I learned to find a fault."
        body = {"session_id": self.session, "text": text, "skills": ["problem-solving"], **_OBJECTIVES}
        await self._tell(scenario, who, "outcomes", "/v1/reflections", body)

    async def _tell(self, scenario: "Scenario", who: Persona, service: str, path: str, body: Any) -> None:
        key = f"{self.session}:{who.subject}:{path}"
        status, told = await scenario.insist.send(who, service, path, body, key)
        if status >= 400:
            raise StepFailed(f"{path}: {told}")


_OBJECTIVES = {"objective_codes": ["IE-1.3"]}
_CRITERIA = [
    {"criterion": "M1", "met": True, "detail": {"purpose_shared_with_learners": True}},
    {"criterion": "M2", "met": True, "detail": {"objective_codes": ["IE-1.3", "IE-2.2"]}},
    {"criterion": "M3", "met": True, "detail": {"interaction_minutes": 150}},
    {"criterion": "M4", "met": True, "detail": {"roles_met": 4}},
    {"criterion": "M5", "met": True, "detail": {"task": "Repair plan for the example pump"}},
]


async def let_pass(scenario: "Scenario", count: int) -> list[TookPlace]:
    """Book so many sessions of tomorrow afternoon with different learners, and move the clock past them."""
    on = scenario.provider.today() + timedelta(days=1)
    times = [(MAX_EVENTS_PER_BATCH * len(scenario.schools), "16:00:00", "21:00:00")] * count
    _, sessions = await scenario.publish(on, times, f"took-place-{on}-{len(scenario.took_place)}")
    turn = asyncio.Semaphore(8)

    async def book(session: str, school: int, learners: list[str]) -> str:
        async with turn:
            body = {"session_id": session, "learner_ids": learners}
            leader = scenario.schools[school].leader
            status, told = await scenario.insist.send(
                leader, "bookings", "/v1/bookings", body, f"{session}:{school}"
            )
        if status != 201:
            raise StepFailed(f"a session that is to take place: {told}")
        return str(told["id"])

    made = []
    for number, session in enumerate(sessions):
        first = number * MAX_EVENTS_PER_BATCH
        learners = [school.learners[first : first + MAX_EVENTS_PER_BATCH] for school in scenario.schools]
        booked = await asyncio.gather(*(book(session, s, each) for s, each in enumerate(learners)))
        made.append(TookPlace(session, on, list(booked), learners))
    await _until_confirmed(scenario, sessions)
    scenario.platform.advance(timedelta(days=2).total_seconds())
    return made


async def _until_confirmed(scenario: "Scenario", sessions: list[str]) -> None:
    async def states() -> set[str]:
        return {booking.state for booking in await scenario.rows.bookings(sessions)}

    await scenario.insist.clients.until(
        states, lambda seen: seen == {"confirmed"}, "what is to take place is confirmed", every=0.2
    )
