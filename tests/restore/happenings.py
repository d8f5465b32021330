"""What is there before the moment, and what happens to it after: newcomers, and ends that others hear of."""

import asyncio
from dataclasses import dataclass

from tests.faults.scenario import Scenario
from wex.journey import school, supply
from wex.journey.clients import Persona
from wex.journey.platforms import LocalPlatform
from wex.journey.state import Walk


@dataclass(frozen=True)
class Known:
    """A provider with two offers, a school with learners and two bookings, and a provider that will close."""

    walk: Walk
    withdrawn: str
    cancelled: str
    closing: str


async def known_before(scenario: Scenario) -> Known:
    """What is on every service's books before the backup."""
    walk = await _newcomers(scenario)
    day, _ = supply.session_days(walk.today())
    withdrawn, _ = await supply.publish(walk, supply.VISIT, [day])
    booked = await asyncio.gather(
        *(school.book(walk, walk.sessions[0], [learner]) for learner in walk.learners[:2])
    )
    for each in booked:
        await school.until_state(walk, each["id"], "confirmed")
    body = {"kind": "provider", "name": "Example Works that will close"}
    closing = await walk.clients.call(walk.hub, "opportunities", "POST", "/v1/organisations", body)
    return Known(walk, withdrawn, booked[1]["id"], closing["id"])


async def happen_late(scenario: Scenario, known: Known) -> None:
    """Newcomers; a booking and an offer end, a provider closes, a learner is erased, a concern is raised."""
    walk = known.walk

    async def call(who: Persona, service: str, method: str, path: str, body: object, **more: object) -> None:
        await walk.clients.call(who, service, method, path, body, **more)  # type: ignore[arg-type]

    await _newcomers(scenario)
    reason, closed = {"reason_code": "trip-moved"}, {"name": "Example Works that closed", "open": False}
    concern = {
        "provider_id": str(walk.provider.organisation),
        "category": "supervision",
        "description": "An example concern, raised after the moment.",
        "immediate_risk": True,
    }
    await call(walk.school, "bookings", "POST", f"/v1/bookings/{known.cancelled}/cancellation", reason)
    await call(walk.school, "bookings", "DELETE", f"/v1/learners/{walk.learners[2]}", None)
    path = f"/v1/opportunities/{known.withdrawn}/withdrawal"
    await call(walk.provider, "opportunities", "POST", path, {"reason_code": "no-longer-offered"})
    path = f"/v1/organisations/{known.closing}"
    await call(walk.hub, "opportunities", "PUT", path, closed, headers={"If-Match": '"v1"'})
    await call(walk.lead, "safeguarding", "POST", "/v1/concerns", concern)


async def _newcomers(scenario: Scenario) -> Walk:
    """A provider that is assured and publishes, and a school that has sent its roster."""
    walk = Walk(LocalPlatform(scenario.platform), scenario.insist.clients, scenario.receiver)
    await supply.register_provider(walk)
    await supply.assure_provider(walk)
    day, _ = supply.session_days(walk.today())
    walk.opportunity_id, walk.sessions = await supply.publish(walk, supply.VISIT, [day])
    await school.send_roster(walk)
    return walk
