"""A hundred thousand events whose facts come an hour later: taken up by themselves, each key in order."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from uuid import UUID

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.contracts.bookings import BookingEnded, BookingRequested
from shared.contracts.contract import Contract, service_of, source_of
from shared.contracts.envelope import Event, to_headers
from shared.contracts.opportunities import OpportunityPublished, OrganisationRecorded, SessionScheduled
from shared.contracts.vocabulary import Decision, LearnerOnBooking, SessionDay
from shared.kernel import new_id
from shared.messaging.kafka import header_pairs
from tests.benchmarks.findings import Bar, Finding
from tests.benchmarks.run import Run
from tests.benchmarks.stage import stage
from tests.infra.another import another
from wex.platform import Platform

_WORKER = "safeguarding-worker"
_PER_SECOND = 20_000  # events, for each second of a round
_A_SESSION = 100  # events that need the same one
_IDS = ("booking_id", "session_id", "opportunity_id", "institution_id", "provider_id")
_DECIDED = Decision(rule_pack="booking-eligibility", version="2025-09", reason_codes=["institution-eligible"])
_OPEN = "select count(*) from parked_messages where replayed_at is null"
# What an hour of waiting leaves: each was tried so often that its next try is in an hour.
_AN_HOUR_PASSES = """
    update parked_messages
    set try_at = now() + interval '1 hour', parked_at = parked_at - interval '1 hour', attempts = 14
    where replayed_at is null and try_at < 'infinity'
"""
# Nothing is to be assured: all are granted. One that ended before it was decided would stay so for ever.
_WRONG = """
    select count(*) from unnest($1::uuid[], $2::boolean[]) as b (booking_id, ended)
    left join clearances c using (booking_id)
    where c.state is distinct from case when b.ended then 'ended' else 'granted' end
"""


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """Bookings of sessions that nobody has told of; then all the sessions, and how long until none waits."""
    count = round(_PER_SECOND * run.seconds)
    async with stage("safeguarding") as platform, another(platform, _WORKER):
        superuser = platform.addresses.postgres.rpartition("/")[0]
        connection = await asyncpg.connect(f"{superuser}/{platform.database('safeguarding').name}")
        try:
            sessions, ended = await _set_aside(run, platform, connection, count)
            await connection.execute(_AN_HOUR_PASSES)
            await connection.execute("analyze parked_messages")
            await asyncio.sleep(3)  # both workers have looked: something waits for facts
            began = time.perf_counter()
            await _tell(platform, sessions)
            await _until(run, connection, 0, "taken up")
            seconds = time.perf_counter() - began
            wrong = await connection.fetchval(_WRONG, list(ended), list(ended.values()))
        finally:
            await connection.close()
    facts = {"events": count, "facts": len(sessions), "seconds": round(seconds)}
    yield Finding(
        goal="orphans", what="taken up once their facts came", unit="/s", ours=[count / seconds],
        bar=Bar(floor=100, aim=400), facts=facts,
    )  # fmt: skip
    yield Finding(
        goal="orphans", what="bookings without their effect, or out of order", unit="",
        ours=[float(wrong)], bar=Bar(floor=0, aim=0, at_most=True),
    )  # fmt: skip


async def _set_aside(
    run: Run, platform: Platform, connection: "asyncpg.Connection[asyncpg.Record]", count: int
) -> tuple[list[Contract], dict[UUID, bool]]:
    """Tell so many events of bookings; the sessions still to be told, and whether each booking ended."""
    provider, opportunity, school = new_id(), new_id(), new_id()
    sessions: list[Contract] = [
        SessionScheduled(
            session_id=new_id(), opportunity_id=opportunity, provider_id=provider, site_id=None,
            places=_A_SESSION, supervisor_ids=[],
            days=[SessionDay(on=date(2027, 3, 3), starts=clock(9), ends=clock(15), overnight=False)],
        )
        for _ in range(count // _A_SESSION)
    ]  # fmt: skip
    await _tell(platform, [_organisation(provider), _opportunity(opportunity, provider)])
    told: list[Contract] = []
    ended: dict[UUID, bool] = {}
    while len(told) < count:
        session = sessions[len(told) // _A_SESSION]
        assert isinstance(session, SessionScheduled)
        ids = dict(zip(_IDS, (new_id(), session.session_id, opportunity, school, provider), strict=True))
        ends = ended[ids["booking_id"]] = len(ended) % 4 == 0 and len(told) < count - 1
        told.append(_requested(ids))
        if ends:
            told.append(
                BookingEnded.model_validate(ids | {"state": "withdrawn", "reason_codes": ["withdrawn"]})
            )
    await _tell(platform, told)
    began = time.perf_counter()
    await _until(run, connection, count, "set aside")
    run.console.print(f"{count:,} set aside, {count / (time.perf_counter() - began):,.0f}/s")
    return sessions, ended


def _organisation(provider: UUID) -> Contract:
    return OrganisationRecorded(
        organisation_id=provider, kind="provider", area_code="liverpool-city-region", sites=[], open=True
    )


def _opportunity(opportunity: UUID, provider: UUID) -> Contract:
    return OpportunityPublished(
        opportunity_id=opportunity, provider_id=provider, site_id=None, kind="workplace_experience",
        format="workplace_talk", mode="in_school", tier="investigate-explore", activity_band="low_risk",
        sector="advanced-manufacturing", year_groups=[10], objective_codes=[], planned_criteria=[],
        accompanied=True,
    )  # fmt: skip


def _requested(ids: dict[str, UUID]) -> Contract:
    learner = LearnerOnBooking(learner_id=new_id(), under_16_on_every_day=True, of_compulsory_school_age=True)
    until = datetime.now(UTC) + timedelta(minutes=30)
    return BookingRequested.model_validate(
        ids | {"learners": [learner], "held_until": until, "decision": _DECIDED}
    )


async def _tell(platform: Platform, data: Iterable[Contract]) -> None:
    """Publish these as their owners would, in this order."""
    producer = AIOKafkaProducer(bootstrap_servers=platform.addresses.kafka, acks="all", linger_ms=5)
    await producer.start()
    try:
        for each in data:
            source = source_of(service_of(each.topic))
            event = Event(new_id(), source, datetime.now(UTC), 1, each)
            headers = header_pairs(to_headers(event).items())
            await producer.send(
                each.topic, each.model_dump_json().encode(), key=each.key.encode(), headers=headers
            )
        await producer.flush()
    finally:
        await producer.stop()


async def _until(run: Run, connection: "asyncpg.Connection[asyncpg.Record]", count: int, what: str) -> None:
    """Wait until so many are set aside, telling every ten seconds how far it is."""
    number = 0
    while (now := await connection.fetchval(_OPEN)) != count:
        if number % 50 == 0:
            run.console.print(
                f"{now:,} of {count or now:,} {what}" if count else f"{now:,} still to be {what}"
            )
        number += 1
        await asyncio.sleep(0.2)
