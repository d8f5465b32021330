"""Steps 8 to 11: minutes are credited, a concern suspends, a partner is told, a trace is seen."""

import time
from collections import Counter
from typing import Any

from wex.journey.clients import StepFailed
from wex.journey.school import (
    ABSENT,
    WITHOUT_FEEDBACK,
    WITHOUT_REFLECTION,
    minutes_attended,
    until_state,
)
from wex.journey.state import Walk
from wex.journey.supply import NEARBY, WORD

TOLD = {"booking.confirmed.v1", "attendance.recorded.v1", "booking.suspended.v1"}


def expected_minutes() -> int:
    """What the school's report must say: the minutes of those with complete evidence."""
    complete = minutes_attended()[WITHOUT_REFLECTION : 30 - ABSENT - WITHOUT_FEEDBACK]
    return sum(complete)


async def credit_minutes(walk: Walk) -> str:
    """Minutes are credited where M1-M7 are complete; each of the others is told what is missing."""
    credited = 30 - ABSENT - WITHOUT_FEEDBACK - WITHOUT_REFLECTION

    async def look() -> list[dict[str, Any]]:
        page = await walk.clients.call(
            walk.school, "outcomes", "GET", f"/v1/sessions/{walk.sessions[0]}/assessment", limit=100
        )
        items: list[dict[str, Any]] = page["items"]
        return items

    items = await walk.clients.until(
        look,
        lambda seen: (
            sum(item["credited_minutes"] > 0 for item in seen) == credited
            and _missing(seen) == {"M6": WITHOUT_FEEDBACK, "M7": WITHOUT_REFLECTION}
        ),
        f"{credited} learners are credited and each of the others is told what is missing",
    )
    missing = _missing(items)
    told = ", ".join(f"{count} lack {what}" for what, count in sorted(missing.items()))
    return f"{credited} credited; {told}"


def _missing(items: list[dict[str, Any]]) -> Counter[str]:
    """How many of those who are not credited lack what."""
    return Counter("+".join(item["missing"]) for item in items if item["missing"])


async def report_progress(walk: Walk) -> str:
    """The school's progress against five days in Key Stage 3, right to the minute."""
    school = walk.organisation(walk.school)
    report = await walk.clients.call(
        walk.school, "outcomes", "GET", f"/v1/institutions/{school}/progress", key_stage="KS3"
    )
    if report["credited_minutes"] != expected_minutes():
        raise StepFailed(f"the report says {report['credited_minutes']}, it should be {expected_minutes()}")
    walk.facts["ledger_minutes"] = report["credited_minutes"]
    return f"{report['credited_minutes']} minutes credited, {expected_minutes()} expected"


async def raise_concern(walk: Walk) -> str:
    """A concern suspends the provider: out of search, its future bookings suspended."""
    began = time.perf_counter()
    await walk.clients.call(
        walk.lead, "safeguarding", "POST", "/v1/concerns",
        {
            "provider_id": str(walk.provider.organisation),
            "category": "supervision",
            "description": "An example concern: the named supervisor was not on site.",
            "immediate_risk": True,
        },
    )  # fmt: skip

    async def search() -> list[str]:
        found = await walk.clients.call(
            None, "opportunities", "GET", "/v1/opportunities", q=WORD, near=NEARBY, radius_km=10
        )
        return [item["id"] for item in found["items"]]

    await walk.clients.until(search, lambda ids: walk.opportunity_id not in ids, "search no longer finds it")
    unlisted = (time.perf_counter() - began) * 1000
    for name in ("second", "promoted"):
        await until_state(walk, walk.bookings[name], "suspended")
    suspended = (time.perf_counter() - began) * 1000
    await until_state(walk, walk.bookings["first"], "confirmed")
    walk.facts |= {"unlisted_ms": unlisted, "suspended_ms": suspended}
    return f"unlisted after {unlisted:.0f} ms, bookings suspended after {suspended:.0f} ms"


async def hear_webhooks(walk: Walk) -> str:
    """The partner has verified confirmation, attendance and suspension; one came again after a 500."""
    receiver = walk.receiver

    async def look() -> tuple[set[str], bool]:
        await receiver.refresh()
        return receiver.types(), receiver.came_again()

    await walk.clients.until(
        look, lambda seen: seen[0] >= TOLD and seen[1], "the partner has heard all three"
    )
    if receiver.unverified:
        raise StepFailed(f"{receiver.unverified} deliveries did not verify")
    return f"{len(receiver.received)} verified, 1 answered with 500 and delivered again"


async def see_trace(walk: Walk) -> str:
    """One trace holds the booking from the request to its confirmation."""
    spans = await walk.clients.until(
        lambda: walk.platform.spans(walk.trace_id),
        lambda seen: (
            seen is None
            or any(
                span.service == "bookings" and span.name == "process clearance.granted.v1" for span in seen
            )
        ),
        "the trace reaches from the request to the confirmation",
        every=0.3,
    )
    if spans is None:
        return "not looked at: nothing collects traces here"
    walk.facts["spans"] = spans
    return f"{len(spans)} spans in {len({span.service for span in spans})} services"


async def subscribe_partner(walk: Walk) -> str:
    """The school's partner registers its endpoint and learns its secret."""
    endpoint = await walk.clients.call(
        walk.school, "integrations", "POST", "/v1/webhook-endpoints",
        {"url": walk.receiver.url, "event_types": sorted(TOLD)},
    )  # fmt: skip
    await walk.receiver.trust(endpoint["secret"])
    return f"{len(TOLD)} event types"
