"""What all trials share: a provider, schools whose clients keep a journal, and one partner that listens."""

import io
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from rich.console import Console

from tests.attack.scenario import marked_roster
from tests.faults.clients import Insistent
from tests.faults.credit import TookPlace, let_pass
from tests.faults.reading import Log, Rows
from tests.faults.searching import Sayings
from wex.journey import main as journey
from wex.journey import roster, supply
from wex.journey.clients import Clients, Persona, StepFailed
from wex.journey.platforms import LocalPlatform
from wex.journey.receiver import Receiver, receiving
from wex.journey.state import Walk
from wex.platform import Platform

SCHOOLS = 3
EACH = 4  # learners of each school in one trial
DAYS = 140
PARTITIONS = 3
_HEARD = ["booking.requested.v1", "booking.confirmed.v1", "booking.ended.v1"]
Times = list[tuple[int, str, str]]  # of sessions: places, begin and end


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

    async def publish(
        self, day: date, times: Times, prefix: str, *, adult_of_last: str = ""
    ) -> tuple[str, list[str]]:
        """An opportunity with sessions on one day: its id and theirs. Keys begin with the prefix.

        `adult_of_last` is who supervises the last of them.
        """
        draft = await self.provide("/v1/opportunities", _particulars(self.provider), f"{prefix}-draft")
        path = f"/v1/opportunities/{draft['id']}"
        sessions = []
        for number, (places, starts, ends) in enumerate(times):
            body: dict[str, Any] = {
                "places": places,
                "days": [{"on": day.isoformat(), "starts": starts, "ends": ends}],
            }
            # Each has an adult of its own: where nobody is named, days at one site are counted together.
            adult = str(uuid5(NAMESPACE_URL, f"{prefix} {number}"))
            body["supervisor_ids"] = [adult_of_last if adult_of_last and number == len(times) - 1 else adult]
            added = await self.provide(f"{path}/sessions", body, f"{prefix}-session-{number}")
            sessions.append(str(added["id"]))
        await self.provide(f"{path}/publication", None, f"{prefix}-publication")
        return str(draft["id"]), sessions

    async def provide(
        self, path: str, body: Any, key: str, *, service: str = "opportunities", method: str = "POST"
    ) -> dict[str, Any]:
        """The provider says something of its own. Raises `StepFailed` where it is refused."""
        who = self.provider.provider
        status, told = await self.insist.send(who, service, path, body, key, method=method)
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
    async with receiving() as receiver:
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
            rows = Rows(platform.addresses)
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
