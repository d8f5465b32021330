"""A session is cancelled while somebody books it: whoever is second finds what the first has done."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from bookings.capacity.repository import PlacesRepository, SessionRepository
from bookings.reservations.repository.bookings import BookingRepository
from shared.contracts.bookings import BookingEnded
from shared.contracts.opportunities import SessionCancelled, SessionScheduled
from tests.bookings.scenario import Scenario
from tests.infra.polling import eventually

_WAITS_FOR_LOCK = """
select count(*) from pg_stat_activity
where datname = current_database() and wait_event_type = 'Lock' and query like '%sessions%'
"""


class Barrier:
    """Holds back whoever first has called a method of a repository, until the test lets go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, where: type, name: str) -> None:
        self._reached, self._let_go = asyncio.Event(), asyncio.Event()
        original: Callable[..., Awaitable[Any]] = getattr(where, name)

        async def held_back(repository: object, *given: Any) -> Any:
            answer = await original(repository, *given)
            if not self._reached.is_set():
                self._reached.set()
                await self._let_go.wait()
            return answer

        monkeypatch.setattr(where, name, held_back)

    async def reached(self) -> None:
        await asyncio.wait_for(self._reached.wait(), 30)

    def let_go(self) -> None:
        self._let_go.set()


def cancellation(session: SessionScheduled) -> SessionCancelled:
    return SessionCancelled(
        session_id=session.session_id,
        opportunity_id=session.opportunity_id,
        provider_id=session.provider_id,
        reason_code="site-flooded",
    )


async def cancel_or_wait(scenario: Scenario, session: SessionScheduled) -> None:
    """The cancellation arrives; it is carried out, or waits for a lock, when this returns."""
    (envelope,) = await scenario.bookings.hear(cancellation(session), sequence=3)
    taken = "select count(*) from inbox where message_id = :id"

    async def carried_out_or_waiting() -> bool:
        done = await scenario.sql(taken, id=str(envelope.id))
        return bool(done or await scenario.sql(_WAITS_FOR_LOCK))

    await eventually(carried_out_or_waiting)


def asking(school: Any, session: SessionScheduled, learners: list[str]) -> "asyncio.Task[httpx2.Response]":
    body = {"session_id": str(session.session_id), "learner_ids": learners}
    return asyncio.create_task(school.client.post("/v1/bookings", body))


async def commit(scenario: Scenario, statement: str, **values: Any) -> None:
    """Change the database past the service."""
    async with scenario.bookings.runtime.database.session() as db:
        await db.execute(text(statement), values)
        await db.commit()


async def left_behind(scenario: Scenario, session: SessionScheduled) -> None:
    """The session is cancelled and its bookings are not, as an earlier release could leave them."""
    cancelled = "update sessions set cancelled = true where session_id = :session_id"
    await commit(scenario, cancelled, session_id=session.session_id)


async def ended_with(scenario: Scenario, booking: Any) -> list[str]:
    """The reasons the end of the booking was published with."""

    async def published() -> list[str]:
        ended = [each.data for each in await scenario.published(BookingEnded)]
        (found,) = [each for each in ended if isinstance(each, BookingEnded) and each.key == booking["id"]]
        return list(found.reason_codes)

    return await eventually(published)


async def test_who_read_the_session_before_its_cancellation_is_refused_after_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    school, session = await scenario.school(), await scenario.session()
    barrier = Barrier(monkeypatch, SessionRepository, "get_each")
    request = asking(school, session, await scenario.learners(school, 1))
    await barrier.reached()

    await scenario.receive(cancellation(session), sequence=3)
    barrier.let_go()

    answer = await request
    assert (answer.status_code, answer.json().get("reason")) == (409, "session-cancelled"), answer.text
    assert await scenario.places(session) == (10, 0, 0)


async def test_a_booking_under_way_is_cancelled_by_the_cancellation_that_waits_for_it(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    school, session = await scenario.school(), await scenario.session()
    barrier = Barrier(monkeypatch, PlacesRepository, "settle")
    request = asking(school, session, await scenario.learners(school, 1))
    await barrier.reached()

    await cancel_or_wait(scenario, session)
    barrier.let_go()

    booking = (await request).json()
    await scenario.receive(scenario.cleared(booking))
    await scenario.reaches(booking, "cancelled")
    assert await ended_with(scenario, booking) == ["site-flooded"]
    assert await scenario.places(session) == (10, 0, 0)


async def test_nobody_is_promoted_into_a_session_that_is_cancelled_meanwhile(
    scenario: Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    school, session = await scenario.school(), await scenario.session(places=1)
    one, two = await scenario.learners(school, 2)
    held = await scenario.book(school, session, [one])
    waiting = await scenario.book(school, session, [two], join_waiting_list=True)
    barrier = Barrier(monkeypatch, BookingRepository, "waiting_for")
    await school.client.post(f"/v1/bookings/{held['id']}/withdrawal")
    await barrier.reached()

    await cancel_or_wait(scenario, session)
    barrier.let_go()

    await scenario.reaches(waiting, "cancelled")
    assert await ended_with(scenario, waiting) == ["site-flooded"]


async def test_a_grant_ends_a_booking_that_was_left_in_a_cancelled_session(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.book(school, session, await scenario.learners(school, 1))
    await left_behind(scenario, session)

    await scenario.receive(scenario.cleared(booking))

    assert await scenario.state(booking) == "cancelled"
    assert await ended_with(scenario, booking) == ["session-cancelled"]
    assert await scenario.places(session) == (10, 0, 0)


async def test_what_an_earlier_release_confirmed_in_a_cancelled_session_is_ended(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session()
    booking = await scenario.confirmed(school, session, await scenario.learners(school, 1))
    await left_behind(scenario, session)

    migration = """
        insert into deadlines (name, subject_id, tenant_id, due_at, try_at)
        values ('session-cancelled', :session_id, :provider_id, :now, :now)"""
    await commit(
        scenario,
        migration,
        session_id=session.session_id,
        provider_id=session.provider_id,
        now=scenario.clock.now(),
    )

    await scenario.reaches(booking, "cancelled")
    assert await ended_with(scenario, booking) == ["session-cancelled"]
