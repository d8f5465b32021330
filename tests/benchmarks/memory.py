"""G18: what the ten processes weigh after a minute of load, and how they grow over ten more.

Resident memory (RSS) counts a page shared with the process they were forked from in full in each of them;
the proportional figure (PSS) counts it once over all. Containers share none: there the sum is that of RSS.
"""

import asyncio
import statistics
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

import psutil

from tests.benchmarks.drawing import Line, chart
from tests.benchmarks.findings import Bar, Finding
from tests.benchmarks.run import Run
from tests.benchmarks.school import pairs_to_book, walking
from tests.benchmarks.stage import stage
from wex.folders import REPOSITORY
from wex.journey import school, supply
from wex.journey.state import Walk
from wex.platform import Platform

DRAWING = REPOSITORY / ".wex" / "reports" / "memory.svg"
_WARM_UP, _SOAK = 12, 120  # times the run's seconds: five make a minute and ten
_PER_SECOND = 5
_SAMPLES = 60
_MIB = 2**20


@dataclass
class Scales:
    """The processes' weight in MiB, by name, at seconds since the first weighing."""

    platform: Platform
    resident: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    proportional: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def weigh(self) -> None:
        now = time.monotonic() - self.began
        for name in self.platform.names:
            if name.endswith(("-api", "-worker")):
                memory = psutil.Process(self.platform.pid(name)).memory_full_info()
                self.resident.setdefault(name, []).append((now, memory.rss / _MIB))
                self.proportional.setdefault(name, []).append((now, memory.pss / _MIB))


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """Bookings, each read and another search made, at an even pace; a weighing at every sixtieth of it."""
    warm_up, soak = _WARM_UP * run.seconds, _SOAK * run.seconds
    async with stage() as platform, walking(platform) as walk:
        pairs = await pairs_to_book(run, walk, round(_PER_SECOND * (warm_up + soak)))
        run.console.print(f"{warm_up:.0f} s of load before the first weighing, {soak:.0f} s after it")
        load = asyncio.create_task(_load(walk, pairs))
        await _wait(load, warm_up)
        scales = Scales(platform)
        scales.weigh()
        for number in range(1, _SAMPLES + 1):
            await _wait(load, scales.began + soak * number / _SAMPLES - time.monotonic())
            scales.weigh()
            if number % 10 == 0:
                run.console.print(
                    f"{soak * number / _SAMPLES:.0f} s: {_together(scales.proportional):.0f} MiB"
                )
        await load
    DRAWING.parent.mkdir(parents=True, exist_ok=True)
    title = f"Resident memory over {soak:.0f} s at {_PER_SECOND} bookings a second"
    DRAWING.write_text(chart(title, scales.resident, across="seconds", up="MiB"))
    for finding in _findings(scales, soak):
        yield finding


async def _load(walk: Walk, pairs: list[tuple[str, str]]) -> None:
    begin = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for number, pair in enumerate(pairs):
            await asyncio.sleep(max(0.0, begin + number / _PER_SECOND - time.monotonic()))
            group.create_task(_book_and_look(walk, *pair))


async def _book_and_look(walk: Walk, session: str, learner: str) -> None:
    booking = await school.book(walk, session, [learner])
    await school.until_state(walk, booking["id"], "confirmed")
    await walk.clients.call(
        None, "opportunities", "GET", "/v1/opportunities", q=supply.WORD, near=supply.NEARBY, radius_km=10
    )


async def _wait(load: "asyncio.Task[None]", seconds: float) -> None:
    """Wait, unless the load fails meanwhile: then raise what it raised."""
    await asyncio.wait({load}, timeout=max(0.0, seconds))
    if load.done():
        load.result()


def _together(weights: dict[str, list[tuple[float, float]]]) -> float:
    return sum(line[-1][1] for line in weights.values())


def growth(line: Line) -> float:
    """Percent from the first tenth of the weighings to the last, each by its median."""
    tenth = max(1, len(line) // 10)
    first, last = (statistics.median(weight for _, weight in part) for part in (line[:tenth], line[-tenth:]))
    return (last / first - 1) * 100


def _findings(scales: Scales, soak: float) -> list[Finding]:
    heaviest = max(line[0][1] for line in scales.resident.values())
    grown = {name: growth(line) for name, line in scales.resident.items()}
    together = _together(scales.proportional)
    facts = {"resident_mib": {name: line[-1][1] for name, line in scales.resident.items()}}
    return [
        Finding(
            "G18", "heaviest process, RSS", "MiB", [heaviest], Bar(160, 120, at_most=True), facts=facts
        ),
        Finding(
            "G18", "ten processes together, PSS", "MiB", [together], Bar(1331, 1024, at_most=True),
            facts={"resident_mib": _together(scales.resident)},
        ),
        Finding(
            "G18", f"growth of the one that grew most, {soak:.0f} s", "%", [max(grown.values())],
            Bar(10, 3, at_most=True), facts={"percent": grown},
        ),
    ]  # fmt: skip
