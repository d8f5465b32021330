"""From a booking's request to its confirmation, across three services, at an even pace."""

import asyncio
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from shared.contracts.bookings import BookingConfirmed, BookingRequested
from shared.contracts.safeguarding import ClearanceGranted
from tests.benchmarks.findings import Bar, Finding, percentile
from tests.benchmarks.hearing import Ear, hearing
from tests.benchmarks.run import Run
from tests.benchmarks.school import pairs_to_book, walking
from tests.benchmarks.stage import stage
from wex.journey import school
from wex.journey.state import Walk

PER_SECOND = 20
_WARM_UP = 3 * PER_SECOND


@dataclass(frozen=True, slots=True)
class Booked:
    """A booking asked for at its time, in seconds since the epoch, and when the answer was there."""

    booking_id: str
    asked: float
    answered: float


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """Bookings begun at their time whether or not earlier ones are done, timed to the event heard."""
    each_round = max(10, round(PER_SECOND * run.seconds))
    async with stage() as platform, walking(platform) as walk:
        pairs = await pairs_to_book(run, walk, _WARM_UP + each_round * run.rounds)
        topics = (BookingConfirmed.topic, ClearanceGranted.topic)
        async with hearing(platform.addresses.kafka, *topics) as ear:
            await _confirmed(walk, ear, pairs[:_WARM_UP])
            rounds = []
            for begin in range(_WARM_UP, len(pairs), each_round):
                rounds.append(await _confirmed(walk, ear, pairs[begin : begin + each_round]))
                run.console.print(f"round {len(rounds)}: {_told(_parts(ear, rounds[-1]))}")
    yield _finding(ear, rounds)


async def _confirmed(walk: Walk, ear: Ear, pairs: list[tuple[str, str]]) -> list[Booked]:
    """Book each pair at its time; return when the last is confirmed."""
    begin = time.time()
    asking = []
    for number, pair in enumerate(pairs):
        due = begin + number / PER_SECOND
        await asyncio.sleep(max(0.0, due - time.time()))
        asking.append(asyncio.create_task(_book(walk, *pair, due)))
    booked = await asyncio.gather(*asking)
    await ear.until(BookingConfirmed.type, {each.booking_id for each in booked})
    return booked


async def _book(walk: Walk, session: str, learner: str, due: float) -> Booked:
    booking = await school.book(walk, session, [learner])
    return Booked(booking["id"], due, time.time())


def _parts(ear: Ear, booked: list[Booked]) -> dict[str, list[float]]:
    """Milliseconds of the way and of its parts, of each booking."""
    parts: dict[str, list[float]] = {}
    for each in booked:
        requested, granted, confirmed = (
            ear.events[contract.type, each.booking_id]
            for contract in (BookingRequested, ClearanceGranted, BookingConfirmed)
        )
        times = {
            "confirmed": confirmed.arrived - each.asked,
            "answered": each.answered - each.asked,
            "asked to written": requested.written - each.asked,
            "requested to granted": granted.written - requested.written,
            "granted to confirmed": confirmed.written - granted.written,
            "confirmed to heard": confirmed.arrived - confirmed.written,
        }
        for name, seconds in times.items():
            parts.setdefault(name, []).append(seconds * 1000)
    return parts


def _told(parts: dict[str, list[float]]) -> str:
    return ", ".join(f"{n} {percentile(v, 50):.0f}/{percentile(v, 99):.0f} ms" for n, v in parts.items())


def _finding(ear: Ear, rounds: list[list[Booked]]) -> Finding:
    together = _parts(ear, [each for booked in rounds for each in booked])
    return Finding(
        goal="confirmed",
        what=f"request to confirmed, three services, {PER_SECOND}/s: p99",
        unit="ms",
        ours=[percentile(_parts(ear, booked)["confirmed"], 99) for booked in rounds],
        p99_ms=percentile(together["confirmed"], 99),
        bar=Bar(floor=500, aim=150, at_most=True),
        facts={
            f"{name}, p50 and p99 ms": [percentile(values, 50), percentile(values, 99)]
            for name, values in together.items()
        },
    )
