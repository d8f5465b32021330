"""From a booking's request to its confirmation, across three services, at an even pace.

`python -m tests.benchmarks.request_to_confirmed [--bookings 200] [--per-second 5]` starts a platform with
durable settings, books one learner at a time, and prints median, p90 and p99 of the answer alone and of the
confirmation: what the events add is their ratio. Writes the figures to `.wex/reports/`.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from wex.folders import REPOSITORY
from wex.journey import school, supply
from wex.journey.clients import Clients
from wex.journey.receiver import Receiver
from wex.journey.state import Walk
from wex.platform import Platform

REPORT = REPOSITORY / ".wex" / "reports" / "request_to_confirmed.json"
WARM_UP = 20
YEAR_NINE = 61


async def prepare(walk: Walk, bookings: int) -> list[tuple[str, str]]:
    """A provider, its sessions and a school's learners; the pairs of session and learner to book."""
    await supply.register_provider(walk)
    await supply.assure_provider(walk)
    days = [walk.today() + timedelta(days=14 + number) for number in range(-(-bookings // YEAR_NINE))]
    _, sessions = await supply.publish(walk, supply.VISIT, days, places=YEAR_NINE)
    await school.send_roster(walk)
    pairs = [(session, learner) for session in sessions for learner in walk.learners[:YEAR_NINE]]
    return pairs[:bookings]


async def book(walk: Walk, pairs: list[tuple[str, str]], per_second: float) -> list[tuple[float, float]]:
    """Milliseconds to the answer and to the confirmation of each booking, begun at an even pace."""
    taken: list[tuple[float, float]] = []
    for session, learner in track(pairs, "booking one learner at a time"):
        began = time.perf_counter()
        booking = await school.book(walk, session, [learner])
        answered = time.perf_counter() - began
        await school.until_state(walk, booking["id"], "confirmed")
        confirmed = time.perf_counter() - began
        taken.append((answered * 1000, confirmed * 1000))
        await asyncio.sleep(max(0.0, 1 / per_second - confirmed))
    return taken


async def main(bookings: int, per_second: float) -> None:
    """Measure and tell."""
    with tempfile.TemporaryDirectory(prefix="wex-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with Platform(Path(folder) / "wex", durable=True) as platform:
            clients = Clients(platform.addresses.issuer, platform.api)
            walk = Walk(platform, clients, Receiver())
            pairs = await prepare(walk, bookings + WARM_UP)
            taken = (await book(walk, pairs, per_second))[WARM_UP:]
            await clients.close()
    show(taken, per_second)


def show(taken: list[tuple[float, float]], per_second: float) -> None:
    """A table, and the same as JSON."""
    answered, confirmed = ([pair[place] for pair in taken] for place in (0, 1))
    figures = {"answered": quantiles(answered), "confirmed": quantiles(confirmed)}
    table = Table("", "median ms", "p90 ms", "p99 ms", title=f"{len(taken)} bookings at {per_second:g}/s")
    for name, row in figures.items():
        table.add_row(name, *(f"{value:.1f}" for value in row))
    ratio = [c / a for a, c in zip(figures["answered"], figures["confirmed"], strict=True)]
    table.add_row("ratio", *(f"{value:.1f}" for value in ratio))
    Console().print(table)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(json.dumps({"per_second": per_second, "bookings": len(taken), **figures}, indent=2))


def quantiles(values: list[float]) -> tuple[float, float, float]:
    """Median, p90 and p99."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    return cuts[49], cuts[89], cuts[98]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=200)
    parser.add_argument("--per-second", type=float, default=5.0)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.bookings, arguments.per_second))
