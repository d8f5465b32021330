"""Steps 4 to 7: a roster arrives, cohorts are booked, cleared and confirmed, the day is attended."""

import asyncio
import secrets
import time
from datetime import timedelta
from typing import Any
from uuid import UUID

from wex.journey import roster, supply
from wex.journey.clients import Persona, StepFailed
from wex.journey.state import Walk

PRESENT_MINUTES = 300
EARLY_LEAVER_MINUTES = 210
ABSENT = 2
WITHOUT_FEEDBACK = 1
WITHOUT_REFLECTION = 3
_NOT_YET_HEARD = (
    "session-not-found",
    "session-not-bookable",
    "provider-suspended",  # the site's assurance comes on a topic of its own
    "institution-not-eligible",
)


async def send_roster(walk: Walk) -> str:
    """The school's MIS sends its learners; they exist by pseudonym everywhere but in bookings."""
    sent = await walk.clients.call(
        walk.mis,
        "integrations",
        "POST",
        "/v1/rosters",
        content=roster.roster_zip(walk.today(), walk.school_digits),
    )

    async def look() -> list[dict[str, Any]]:
        learners: list[dict[str, Any]] = []
        cursor = None
        while True:
            more: dict[str, Any] = {"cursor": cursor} if cursor else {}
            page = await walk.clients.call(walk.school, "bookings", "GET", "/v1/learners", limit=100, **more)
            learners += page["items"]
            if not (cursor := page.get("next_cursor")):
                return learners

    learners = await walk.clients.until(
        look, lambda found: len(found) == roster.LEARNERS, f"all {roster.LEARNERS} learners exist"
    )
    ordered = sorted(learners, key=lambda learner: learner["given_name"])
    walk.learners = [learner["id"] for learner in ordered]
    flagged = sum(bool(learner["priority_flags"]) for learner in learners)
    return f"{sent['accepted']} learners, {flagged} with a priority flag"


async def book_first_cohort(walk: Walk) -> str:
    """A cohort of 30: held, cleared through events, confirmed."""
    walk.trace_id = secrets.token_hex(16)
    began = time.perf_counter()
    booking = await book(
        walk, walk.sessions[0], walk.learners[:30],
        headers={"traceparent": f"00-{walk.trace_id}-{secrets.token_hex(8)}-01"},
    )  # fmt: skip
    await until_state(walk, booking["id"], "confirmed")
    walk.facts["confirmed_ms"] = (time.perf_counter() - began) * 1000
    walk.bookings["first"] = booking["id"]
    return f"{booking['state']} -> confirmed in {walk.facts['confirmed_ms']:.0f} ms"


async def refuse_larger_cohort(walk: Walk) -> str:
    """A cohort of 31 is refused with a problem that says why."""
    problem = await book(walk, walk.sessions[1], walk.learners[30:61], expect=409)
    if problem["slug"] != "no-places-left":
        raise StepFailed(f"refused with {problem['slug']}")
    return f"409 {problem['slug']}: {problem['detail']}"


async def book_second_cohort(walk: Walk) -> str:
    """A cohort of 30 fills the other session."""
    booking = await book(walk, walk.sessions[1], walk.learners[30:60])
    await until_state(walk, booking["id"], "confirmed")
    walk.bookings["second"] = booking["id"]
    return "30 of 30 places taken"


async def join_waiting_list(walk: Walk) -> str:
    """One more learner waits, and is promoted when another withdraws."""
    waiting = await book(walk, walk.sessions[1], walk.learners[60:61], join_waiting_list=True)
    if waiting["state"] != "waitlisted":
        raise StepFailed(f"the booking is {waiting['state']}")
    leaver = walk.learners[59]
    await walk.clients.call(
        walk.school, "bookings", "POST", f"/v1/bookings/{walk.bookings['second']}/departures",
        {"learner_ids": [leaver]},
    )  # fmt: skip
    await until_state(walk, waiting["id"], "confirmed")
    walk.bookings["promoted"] = waiting["id"]
    return "waitlisted -> awaiting_clearance -> confirmed"


async def refuse_placement(walk: Walk) -> str:
    """A placement is refused for Year 9: Education Act 1996, section 560."""
    await supply.publish_placement(walk)
    problem = await book(walk, walk.placement_session, walk.learners[:1], expect=422)
    if problem["slug"] != "placement-not-lawful":
        raise StepFailed(f"refused with {problem['slug']}")
    return f"422 {problem['slug']}: {problem['source']}, version {problem['version']}"


async def attend(walk: Walk) -> str:
    """The day has come: 28 are present, one of them leaves early, 2 are absent."""
    first, _ = supply.session_days(walk.today())
    walk.facts["attended_on"] = first
    walk.platform.advance(timedelta(days=(first - walk.today()).days + 1).total_seconds())
    learners = walk.learners[:30]
    entries = [
        {"learner_id": learner, "attended": minutes > 0, "minutes": minutes}
        for learner, minutes in zip(learners, minutes_attended(), strict=True)
    ]
    await walk.clients.call(
        walk.school, "bookings", "POST", f"/v1/bookings/{walk.bookings['first']}/attendance",
        {"on": first.isoformat(), "entries": entries},
    )  # fmt: skip
    return f"{30 - ABSENT} present, {ABSENT} absent"


def minutes_attended() -> list[int]:
    """Minutes of each of the 30, in order: the first left early, the last two were absent."""
    return [EARLY_LEAVER_MINUTES] + [PRESENT_MINUTES] * (29 - ABSENT) + [0] * ABSENT


async def give_evidence(walk: Walk) -> str:
    """The provider says what took place and gives feedback; learners reflect."""
    session = walk.sessions[0]
    present = walk.learners[: 30 - ABSENT]
    await walk.clients.until(
        lambda: _assessed(walk, session),
        lambda answer: len(answer.get("items", [])) >= 30 - ABSENT,
        "outcomes has heard of the attendance",
    )
    await walk.clients.call(
        walk.provider, "outcomes", "POST", f"/v1/sessions/{session}/evidence", {"criteria": criteria()}
    )
    await walk.clients.call(
        walk.provider, "outcomes", "POST", f"/v1/sessions/{session}/feedback",
        {
            "learner_ids": present[: len(present) - WITHOUT_FEEDBACK],
            "comment": "You asked good questions and your repair plan was clear.",
            "objective_codes": ["IE-1.3"],
        },
    )  # fmt: skip
    reflecting = present[WITHOUT_REFLECTION:]
    await asyncio.gather(*(_reflect(walk, session, learner) for learner in reflecting))
    return f"feedback to {len(present) - WITHOUT_FEEDBACK}, reflections of {len(reflecting)}"


async def _reflect(walk: Walk, session: str, learner: str) -> None:
    who = Persona("learner", f"learner-{learner}", walk.school.organisation, UUID(learner))
    await walk.clients.call(
        who, "outcomes", "POST", "/v1/reflections",
        {
            "session_id": session,
            "text": "I learned how a team finds a fault step by step, and that I like doing it.",
            "objective_codes": ["IE-1.3"],
            "skills": ["problem-solving"],
        },
    )  # fmt: skip


def criteria() -> list[dict[str, Any]]:
    """What the provider says of M1 to M5: all of them met."""
    return [
        {"criterion": "M1", "met": True, "detail": {"purpose_shared_with_learners": True}},
        {"criterion": "M2", "met": True, "detail": {"objective_codes": ["IE-1.3", "IE-2.2"]}},
        {"criterion": "M3", "met": True, "detail": {"interaction_minutes": 150}},
        {"criterion": "M4", "met": True, "detail": {"roles_met": 4}},
        {"criterion": "M5", "met": True, "detail": {"task": "Repair plan for the example pump"}},
    ]


async def _assessed(walk: Walk, session: str) -> dict[str, Any]:
    answer: dict[str, Any] = await walk.clients.call(
        walk.school, "outcomes", "GET", f"/v1/sessions/{session}/assessment", expect=(200, 404), limit=100
    )
    return answer


async def book(walk: Walk, session: str, learners: list[str], **options: Any) -> dict[str, Any]:
    """Ask for places; the booking, or the problem where `expect` names its status."""
    expect = options.pop("expect", 201)
    headers = options.pop("headers", None)
    body = {"session_id": session, "learner_ids": learners, **options}

    async def ask() -> dict[str, Any]:
        answer: dict[str, Any] = await walk.clients.call(
            walk.school, "bookings", "POST", "/v1/bookings", body, expect=(201, 404, 409, 422),
            headers=headers,
        )  # fmt: skip
        return answer

    # The session, its opportunity and assurance, and the school become known to bookings through events.
    answer = await walk.clients.until(
        ask, lambda answer: answer.get("slug") not in _NOT_YET_HEARD, "bookings knows session and school"
    )
    if answer.get("status", 201) != expect:
        raise StepFailed(f"booking answered {answer}")
    return answer  # type: ignore[no-any-return]


async def until_state(walk: Walk, booking: str, state: str) -> dict[str, Any]:
    """Wait until a booking has come to a state."""

    async def look() -> dict[str, Any]:
        answer: dict[str, Any] = await walk.clients.call(
            walk.school, "bookings", "GET", f"/v1/bookings/{booking}"
        )
        return answer

    seen: dict[str, Any] = await walk.clients.until(
        look, lambda seen: seen["state"] == state, f"the booking is {state}"
    )
    return seen
