"""Steps 1 to 3: a provider is registered, made safe, and publishes an opportunity."""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

from wex.journey.clients import StepFailed
from wex.journey.state import Walk

POSTCODE = "L3 4AD"
NEARBY = "CH41 6DU"
AREA = "liverpool-city-region"
BAND = "low_risk"
WORD = "turbine"
VISIT: dict[str, object] = {
    "title": f"Inside a {WORD} works: solve a real maintenance task",
    "summary": "A day on site with engineers, a task set by the works and feedback on your answer.",
    "purpose": "See how a maintenance team works and try its way of finding faults.",
    "kind": "workplace_experience",
    "format": "visit",
    "year_groups": [9],
    "task_brief": "Find why the example pump loses pressure and present a repair plan.",
    "accompanied": True,
}


async def register_provider(walk: Walk) -> str:
    """The hub of the area registers a provider with a site, and a school."""
    area = await walk.clients.call(None, "opportunities", "GET", f"/v1/areas/{AREA}")
    walk.hub.organisation = UUID(area["hub"]["organisation_id"])
    provider = await walk.clients.call(
        walk.hub,
        "opportunities",
        "POST",
        "/v1/organisations",
        {
            "kind": "provider",
            "name": "Mersey Example Engineering",
            "site": {"name": "Riverside works", "postcode": POSTCODE},
        },
    )
    walk.provider.organisation = UUID(provider["id"])
    site = provider["sites"][0]
    walk.site_id = site["id"]
    school = await walk.clients.call(
        walk.hub,
        "opportunities",
        "POST",
        "/v1/organisations",
        {"kind": "institution", "name": "Example Academy", "institution_type": "academy", "area_code": AREA},
    )
    walk.school.organisation = walk.mis.organisation = UUID(school["id"])
    walk.lead.organisation = walk.hub.organisation
    return f"site in {site['local_authority_code']} at {site['easting']} E {site['northing']} N"


async def assure_provider(walk: Walk) -> str:
    """The provider completes the national checklist; the site gets its passport."""
    assurance = await grant_assurance(walk)
    return f"granted until {assurance['valid_until']}"


async def grant_assurance(walk: Walk) -> dict[str, str]:
    """Answer every item of the checklist in force, with its evidence."""
    checklist = await walk.clients.call(None, "safeguarding", "GET", f"/v1/checklists/{BAND}")
    expires = (walk.today() + timedelta(days=300)).isoformat()
    body = application(checklist, walk.site_id, BAND, expires)

    async def ask() -> dict[str, str]:
        answer: dict[str, str] = await walk.clients.call(
            walk.provider, "safeguarding", "POST", "/v1/assurances", body, expect=(201, 422)
        )
        return answer

    # The site is known to safeguarding through an event: until it has arrived, it is not.
    return await walk.clients.until(ask, lambda a: a.get("slug") != "site-not-known", "the site is known")  # type: ignore[no-any-return]


def application(checklist: dict[str, Any], site_id: str, band: str, expires: str) -> dict[str, object]:
    """What a provider sends to have a site assured: every item of the checklist answered."""
    return {
        "site_id": site_id,
        "activity_band": band,
        "checklist_version": checklist["version"],
        "answers": [_answer(item, expires) for item in checklist["items"]],
    }


def _answer(item: dict[str, object], expires: str) -> dict[str, object]:
    answer: dict[str, object] = {"item": item["code"], "answer": True}
    if item.get("evidence") == "note":
        answer["note"] = "Agreed in conversation with the example provider"
    if item.get("evidence") == "document":
        answer["evidence"] = {"kind": "document", "reference": "EX-0001", "expires_on": expires}
    return answer


async def publish_opportunity(walk: Walk) -> str:
    """An accompanied visit with an employer-set task, two sessions of 30 places, searchable at once."""
    first, second = session_days(walk.today())
    walk.opportunity_id, walk.sessions = await publish(walk, VISIT, [first, second])
    began = time.perf_counter()

    async def search() -> list[str]:
        found = await walk.clients.call(
            None, "opportunities", "GET", "/v1/opportunities",
            q=WORD, near=NEARBY, radius_km=10, year_group=9,
        )  # fmt: skip
        return [item["id"] for item in found["items"]]

    await walk.clients.until(search, lambda ids: walk.opportunity_id in ids, "search finds it", within=5)
    walk.facts["search_ms"] = (time.perf_counter() - began) * 1000
    return f"found by text within 10 km in {walk.facts['search_ms']:.0f} ms"


async def publish_placement(walk: Walk) -> None:
    """A second opportunity, typed `placement`, for the last two compulsory years."""
    first, _ = session_days(walk.today())
    _, sessions = await publish(
        walk,
        {
            "title": "A week beside our maintenance planners",
            "summary": "A placement with a named supervisor.",
            "purpose": "Apply what you know in a planning team.",
            "kind": "placement",
            "format": "placement",
            "year_groups": [10, 11],
            "task_brief": "Plan one week of example maintenance.",
            "accompanied": False,
        },
        [first],
    )
    walk.placement_session = sessions[0]


async def publish(
    walk: Walk,
    particulars: dict[str, object],
    days: list[date],
    places: int = 30,
    supervisors: Sequence[str] = (),
) -> tuple[str, list[str]]:
    """Draft an opportunity with a session on each of the days, and publish it: its id and theirs."""
    call, provider = walk.clients.call, walk.provider
    body = {
        "mode": "in_person",
        "tier": "investigate-explore",
        "activity_band": BAND,
        "sector": "advanced-manufacturing",
        "objective_codes": ["IE-1.3", "IE-2.2"],
        "planned_criteria": ["M1", "M2", "M3", "M4", "M5", "M6", "M7"],
        "site_id": walk.site_id,
        **particulars,
    }
    draft = await call(provider, "opportunities", "POST", "/v1/opportunities", body)
    path = f"/v1/opportunities/{draft['id']}"
    sessions = []
    for day in days:
        session = {
            "places": places,
            "days": [{"on": day.isoformat(), "starts": "09:30:00", "ends": "14:30:00"}],
            # Where nobody is named, days at one site are counted together.
            "supervisor_ids": list(supervisors) or [str(uuid4())],
        }
        added = await call(provider, "opportunities", "POST", f"{path}/sessions", session)
        sessions.append(added["id"])

    async def publish() -> dict[str, str]:
        answer: dict[str, str] = await call(
            provider, "opportunities", "POST", f"{path}/publication", expect=(200, 201, 422)
        )
        return answer

    answer = await walk.clients.until(
        publish,
        lambda a: a.get("slug") not in ("site-not-assured", "framework-not-known"),
        "the register has heard of the assurance and the framework",
    )
    if "slug" in answer:
        raise StepFailed(f"publication refused: {answer}")
    return str(draft["id"]), sessions


def session_days(today: date) -> tuple[date, date]:
    """Two weekdays, about two and four weeks ahead."""
    first, second = (today + timedelta(days=ahead) for ahead in (14, 28))
    return _weekday(first), _weekday(second)


def _weekday(day: date) -> date:
    return day + timedelta(days={5: 2, 6: 1}.get(day.weekday(), 0))
