"""Bookings that wait for a person: a stay over night, which the rules refer (`clearance`, overnight-stay)."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from wex.journey.school import book
from wex.journey.state import Walk


async def referred_bookings(walk: Walk) -> list[dict[str, Any]]:
    """The clearances of two bookings of the school, both referred; an adult is named and checked."""
    call, today = walk.clients.call, walk.today()
    supervisor = str(uuid4())
    seen = {"type": "enhanced_with_barred_list", "seen_on": today.isoformat(), "outcome": True}
    check = {"dbs_check": {**seen, "seen_by_role": "human_resources"}}
    await call(walk.provider, "safeguarding", "PUT", f"/v1/supervisors/{supervisor}", check)
    night = {"starts": "09:30:00", "ends": "14:30:00", "overnight": True}
    session = {
        "places": 2,
        "days": [{"on": (today + timedelta(days=42)).isoformat(), **night}],
        "supervisor_ids": [supervisor],
    }
    path = f"/v1/opportunities/{walk.opportunity_id}/sessions"
    added = await call(walk.provider, "opportunities", "POST", path, session)
    bookings = [await book(walk, added["id"], [learner]) for learner in walk.learners[:2]]
    return [await _referred(walk, booking["id"]) for booking in bookings]


async def _referred(walk: Walk, booking: str) -> dict[str, Any]:
    path = f"/v1/bookings/{booking}/clearance"

    async def look() -> dict[str, Any]:
        found: dict[str, Any] = await walk.clients.call(
            walk.school, "safeguarding", "GET", path, expect=(200, 404)
        )
        return found

    clearance: dict[str, Any] = await walk.clients.until(
        look, lambda found: found.get("state") == "referred", "a booking over night is referred"
    )
    return clearance
