"""Step 5e: what is learnt of an adult takes a clearance back, and gives it again."""

import time
from uuid import uuid4

from wex.journey import supply
from wex.journey.school import book, until_state
from wex.journey.state import Walk

TALK = {
    "title": "Questions to an example engineer",
    "summary": "An hour at a work bench, and time for every question.",
    "purpose": "Hear how an engineer came to the trade.",
    "kind": "workplace_experience",
    "format": "visit",
    "year_groups": [9],
    "task_brief": "Ask three questions and compare the answers.",
    "accompanied": True,
}


async def revoke_and_grant(walk: Walk) -> str:
    """A check recorded as not clear suspends the adult's booking; one that is clear confirms it again."""
    adult = str(uuid4())
    first, _ = supply.session_days(walk.today())
    _, sessions = await supply.publish(walk, TALK, [first], supervisors=[adult])
    leaver = walk.learners[59:60]
    booking = await book(walk, sessions[0], leaver)
    await until_state(walk, booking["id"], "confirmed")
    suspended = await _until_after_check(walk, adult, booking["id"], "suspended", clear=False)
    confirmed = await _until_after_check(walk, adult, booking["id"], "confirmed", clear=True)
    return f"suspended after {suspended:.0f} ms, confirmed again after {confirmed:.0f} ms"


async def _until_after_check(walk: Walk, adult: str, booking: str, state: str, *, clear: bool) -> float:
    """The provider records a check of the adult; how many milliseconds later the booking is in the state."""
    seen = {
        "type": "enhanced",
        "seen_on": walk.today().isoformat(),
        "seen_by_role": "human_resources",
        "outcome": clear,
    }
    began = time.perf_counter()
    await walk.clients.call(
        walk.provider, "safeguarding", "PUT", f"/v1/supervisors/{adult}", {"dbs_check": seen}
    )
    await until_state(walk, booking, state)
    return (time.perf_counter() - began) * 1000
