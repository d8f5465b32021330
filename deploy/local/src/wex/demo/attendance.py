"""One visit that has taken place: attended, with evidence, feedback and reflections, and credited."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from wex.demo.booking import book, until_decided
from wex.demo.seeding import POLL_SECONDS, Seeding
from wex.demo.supply import first_day
from wex.demo.world import Group
from wex.journey.clients import Persona
from wex.journey.school import criteria

_MINUTES = 300
_REMEMBERED = timedelta(days=30)  # a repeated request is known to be one for at least so long
_FEEDBACK = "You worked carefully and explained your answer well."
_REFLECTION = "I learned how a team finds a fault step by step, and that I like doing it."


async def seed_attended(seeding: Seeding, school: Persona, group: Group, learners: list[str]) -> None:
    """The first session of the offer is booked, takes place, and is credited.

    The last learner is absent, and the first one has not reflected on it yet.
    """
    session = min(seeding.offers[group.offer]["sessions"], key=first_day)
    on = first_day(session)
    if seeding.today > on + _REMEMBERED:
        return
    booking = await _booked(seeding, school, session, learners)
    if booking is None:
        return
    seeding.come_to(on + timedelta(days=1))
    present, absent = learners[:-1], learners[-1:]
    entries = [
        {"learner_id": each, "attended": each in present, "minutes": _MINUTES if each in present else 0}
        for each in [*present, *absent]
    ]
    register = {"on": on.isoformat(), "entries": entries}
    await seeding.change(school, "bookings", f"/v1/bookings/{booking}/attendance", register)
    # The provider and the learners can say something once outcomes has heard of the attendance.
    await _assessed(seeding, school, session["id"], lambda items: len(items) >= len(learners))
    await _give_feedback(seeding, group, session["id"], present)
    reflecting = present[1:]
    for learner in reflecting:
        await _reflect(seeding, school, session["id"], learner)
    await _assessed(seeding, school, session["id"], lambda items: _credited(items) >= len(reflecting))


async def _booked(
    seeding: Seeding, school: Persona, session: dict[str, Any], learners: list[str]
) -> str | None:
    """The booking's id: made while the session lies ahead, found afterwards."""
    if first_day(session) > seeding.today:
        made = await book(seeding, school, session["id"], learners)
        return str((await until_decided(seeding, school, made["id"]))["id"]) if made else None
    listed = seeding.read_all(school, "bookings", "/v1/bookings", session_id=session["id"], state="confirmed")
    found = [str(each["id"]) async for each in listed]
    return found[0] if found else None


async def _give_feedback(seeding: Seeding, group: Group, session: str, present: list[str]) -> None:
    provider = Persona("provider", "provider-of-the-demo", UUID(seeding.offers[group.offer]["provider_id"]))
    path = f"/v1/sessions/{session}"
    feedback = {"learner_ids": present, "comment": _FEEDBACK, "objective_codes": ["IE-1.3"]}
    await seeding.change(provider, "outcomes", f"{path}/evidence", {"criteria": criteria()})
    await seeding.change(provider, "outcomes", f"{path}/feedback", feedback)


async def _reflect(seeding: Seeding, school: Persona, session: str, learner: str) -> None:
    who = Persona("learner", f"learner-{learner}", school.organisation, UUID(learner))
    body = {
        "session_id": session,
        "text": _REFLECTION,
        "objective_codes": ["IE-1.3"],
        "skills": ["problem-solving"],
    }
    await seeding.change(who, "outcomes", "/v1/reflections", body)


async def _assessed(
    seeding: Seeding, school: Persona, session: str, holds: Callable[[list[dict[str, Any]]], bool]
) -> None:
    async def look() -> list[dict[str, Any]]:
        path = f"/v1/sessions/{session}/assessment"
        answer = await seeding.read(school, "outcomes", path, expect=(200, 404), limit=100)
        items: list[dict[str, Any]] = answer.get("items", [])
        return items

    await seeding.clients.until(look, holds, "outcomes has counted the session", every=POLL_SECONDS)


def _credited(items: list[dict[str, Any]]) -> int:
    return sum(item["credited_minutes"] > 0 for item in items)
