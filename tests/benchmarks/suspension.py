"""A provider with a thousand future bookings loses its assurance: how long until the last is suspended."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import replace

from rich.progress import track

from shared.contracts.bookings import BookingConfirmed, BookingReinstated, BookingSuspended
from tests.benchmarks.findings import Bar, Finding
from tests.benchmarks.hearing import Ear, hearing
from tests.benchmarks.run import Run
from tests.benchmarks.school import pairs_to_book, walking
from tests.benchmarks.stage import stage
from wex.journey import school
from wex.journey.state import Walk

_PER_SECOND = 200  # of the run's seconds: five make a thousand bookings
_AT_ONCE = 8


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """A concern at immediate risk, again and again; between the rounds it turns out unfounded."""
    count = max(50, round(_PER_SECOND * run.seconds))
    async with stage() as platform, walking(platform) as walk:
        pairs = await pairs_to_book(run, walk, count)
        async with hearing(platform.addresses.kafka, BookingConfirmed.topic) as ear:
            bookings = await _book_all(walk, ear, pairs)
            heard, written = [], []
            for number in range(run.rounds):
                asked, concern = time.time(), await _raise_concern(walk)
                events = await ear.until(BookingSuspended.type, bookings)
                heard.append((max(each.arrived for each in events) - asked) * 1000)
                written.append((max(each.written for each in events) - asked) * 1000)
                run.console.print(f"round {number + 1}: the last of {count} after {heard[-1]:.0f} ms")
                await _resolve(walk, concern)
                await ear.until(BookingReinstated.type, bookings)
                ear.events.clear()
    yield Finding(
        goal="suspension",
        what=f"asked to last of {count} bookings suspended, heard on the topic: worst",
        unit="ms",
        ours=[max(heard)],
        bar=Bar(floor=2_000, aim=500, at_most=True),
        facts={"heard_ms": heard, "written_ms": written},
    )


async def _book_all(walk: Walk, ear: Ear, pairs: Sequence[tuple[str, str]]) -> set[str]:
    waiting = iter(track(pairs, "booking"))

    async def book() -> list[str]:
        return [(await school.book(walk, session, [learner]))["id"] for session, learner in waiting]

    booked = await asyncio.gather(*(book() for _ in range(_AT_ONCE)))
    bookings = {booking for each in booked for booking in each}
    await ear.until(BookingConfirmed.type, bookings, within=300)
    return bookings


async def _raise_concern(walk: Walk) -> str:
    body = {
        "provider_id": str(walk.provider.organisation),
        "category": "supervision",
        "description": "An example concern: the named supervisor was not on site.",
        "immediate_risk": True,
    }
    concern = await walk.clients.call(walk.lead, "safeguarding", "POST", "/v1/concerns", body)
    return str(concern["id"])


async def _resolve(walk: Walk, concern: str) -> None:
    second = replace(walk.lead, subject="second-lead-of-the-benchmark")
    path = f"/v1/concerns/{concern}/resolution"
    await walk.clients.call(second, "safeguarding", "POST", path, {"outcome": "unfounded"})
