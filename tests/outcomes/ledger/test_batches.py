"""Registers one by one, together in any split, and delivered twice: the same ledger, totals and counts."""

import asyncio
import random
from collections.abc import Sequence
from datetime import date, time, timedelta
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import pytest

from outcomes.subscriptions import SUBSCRIPTIONS
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, to_headers
from shared.kernel import new_id
from shared.messaging.delivery import EventDelivery, PartitionTask
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.parking import RawMessage
from tests.infra.running import Running, RunService
from tests.outcomes.scenario import Visit

FIRST = date(2026, 6, 10)
_SPACE = UUID(int=14)

STATE = {
    "assessments": """
        select institution_id, learner_id, on_day, booking_id, credited_minutes, attended_minutes, key_stage,
               missing, reason_codes from standings order by 1, 2, 3, 4
    """,
    "balance": """
        select e.institution_id, a.learner_id, booking_id, on_day, key_stage,
               sum(case kind when 'credited' then minutes when 'reversed' then -minutes else 0 end)
        from ledger_entries e join accounts a using (account_id)
        group by 1, 2, 3, 4, 5
        having sum(case kind when 'credited' then minutes when 'reversed' then -minutes else 0 end) <> 0
        order by 1, 2, 3, 4, 5
    """,
    "totals": """
        select institution_id, learner_id, key_stage, minutes, in_person_minutes, placement_minutes
        from learner_totals where minutes <> 0 order by 1, 2, 3
    """,
    "progress": "select * from progress_counts where learners <> 0 order by 1, 2, 3, 4",
    "denials": "select * from denial_counts where learner_days <> 0 order by 1, 2, 3",
    "published": """
        select (select count(*) from outbox where topic = 'outcomes.ledger'),
               (select count(*) from ledger_entries)
    """,
}


class TwoSchools:
    """Two schools' visits on three days, of the same few learners; one moved between the schools."""

    def __init__(self, here: Running, seed: int) -> None:
        draw = self.draw = random.Random(seed)
        self.here = here
        schools = [uuid5(_SPACE, f"school {each}") for each in range(2)]
        learners = [uuid5(_SPACE, f"learner {each}") for each in range(9)]
        homes = dict(zip(schools, (learners[:4], learners[4:8]), strict=True))
        drawn = [draw.choice(schools) for _ in range(12)]
        self.visits = [
            Visit(
                here,
                learners=[*draw.sample(homes[school], 3), learners[8] if each < 2 else homes[school][0]],
                institution=school,
                provider=uuid5(_SPACE, "provider"),
                opportunity=uuid5(_SPACE, f"opportunity {each % 3}"),
                session=uuid5(_SPACE, f"session {each}"),
                booking=uuid5(_SPACE, f"booking {each}"),
                starts=time(draw.choice([8, 10, 12])),
                ends=time(draw.choice([14, 16])),
                mode=draw.choice(["in_person", "virtual"]),
                on=FIRST + timedelta(days=draw.randrange(3)),
            )
            for each, school in enumerate(drawn)
        ]
        self.learners, self.schools = learners, schools

    def known(self) -> list[Event[Contract]]:
        """What is known before the registers."""
        recorded = [Visit(self.here, self.learners, school).recorded() for school in self.schools]
        facts = [each for visit in self.visits for each in (visit.published(), visit.scheduled())]
        return [self._event(each, 1) for each in [*facts, *(one for each in recorded for one in each)]]

    def registers(self) -> list[Event[Contract]]:
        """Registers and their corrections, a booking's in their order."""
        events = []
        for number in range(40):
            visit = self.draw.choice(self.visits)
            present = self.draw.sample(visit.learners, self.draw.randint(1, 3))
            minutes = {learner: self.draw.choice([0, 60, 200, 300, 420]) for learner in present}
            events.append(self._event(visit.register(minutes), number + 2))
        return events

    def _event(self, data: Contract, sequence: int) -> Event[Contract]:
        return Event(new_id(), "/services/test", self.here.runtime.clock.now(), sequence, data)

    async def show_evidence(self, connection: "asyncpg.Connection[Any]") -> None:
        """All of M1-M6 is shown; M7 for those who are drawn."""
        now = self.here.runtime.clock.now()
        for visit in self.visits:
            for number, measure in enumerate((2, 1, 150, 4, 1), start=1):
                await connection.execute(
                    "insert into session_evidence values ($1, $2, $3, true, true, $4, '{}', $5)",
                    *(visit.session, visit.provider, f"M{number}", measure, now),
                )
            await connection.execute(
                "insert into feedback values ($1, $2, $3, true, '{}', 1, $4)",
                *(new_id(), visit.session, visit.provider, now),
            )
            for learner in self.draw.sample(sorted(set(visit.learners)), 2):
                await connection.execute(
                    "insert into reflections values ($1, $2, $3, $4, $5, '{}', '{}', $6, $7)",
                    *(new_id(), visit.institution, learner, visit.session, "x" * 30, FIRST, now),
                )


def raw(event: Event[Contract], position: int) -> RawMessage:
    data = event.data
    return RawMessage(data.topic, 0, position, data.key, to_headers(event), data.model_dump_json().encode())


def split(draw: random.Random, events: Sequence[Event[Contract]]) -> list[list[Event[Contract]]]:
    """The events in their order, cut anywhere."""
    cuts = sorted(draw.sample(range(1, len(events)), draw.randint(1, 5)))
    return [list(events[start:end]) for start, end in zip([0, *cuts], [*cuts, len(events)], strict=True)]


async def take(delivery: EventDelivery[Any], run: Sequence[RawMessage]) -> None:
    """As the consumer does: halved until what fails together is alone."""
    if not await delivery.take(run, PartitionTask(Heartbeat("test"), asyncio.Event())):
        await take(delivery, run[: len(run) // 2])
        await take(delivery, run[len(run) // 2 :])


@pytest.mark.parametrize("seed", range(3))
async def test_registers_have_the_same_effect_however_they_are_taken(
    run_service: RunService, postgres_admin_url: str, seed: int
) -> None:
    found = []
    for way in ("one by one", "together", "in parts", "twice"):
        here = await run_service("outcomes", worker=False)
        schools, draw = TwoSchools(here, seed), random.Random(seed)
        delivery = EventDelivery(here.runtime.database, here.runtime.bus, SUBSCRIPTIONS, service="outcomes")
        for event in schools.known():
            await take(delivery, [raw(event, 0)])
        connection = await asyncpg.connect(f"{postgres_admin_url.rsplit('/', 1)[0]}/{here.database.name}")
        await schools.show_evidence(connection)
        events = schools.registers()
        parts = {
            "one by one": [[event] for event in events],
            "together": [events],
            "in parts": split(draw, events),
            "twice": [*split(draw, events), *split(draw, events)],
        }[way]
        for part in parts:
            await take(delivery, [raw(event, 0) for event in part])
        state = {name: [tuple(row) for row in await connection.fetch(STATE[name])] for name in STATE}
        assert await connection.fetchval("select count(*) from parked_messages") == 0
        await connection.close()
        (published, entered), *_ = state.pop("published")
        assert published == entered
        assert any(row[4] for row in state["assessments"])
        found.append(state)
    assert all(state == found[0] for state in found)
