"""`wex top`: a line for each service from its processes' `/metrics`, refreshed while anything runs."""

import asyncio
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.live import Live
from rich.table import Table

from wex.environment import Addresses
from wex.ports import SERVICES

REQUESTS = "http_server_request_duration_seconds"
PUBLISHED = "wex_outbox_published_total"
CONSUMED = "wex_messages_consumed_total"
HANDLED = "wex_message_seconds_count"
CONFIRMING = "clearance.granted.v1"  # a booking is confirmed when this has had its effect
_ANSWERS_WITHIN = 0.9


class Figures:
    """The metrics of one process at one moment."""

    def __init__(self, text: str) -> None:
        self._samples = [
            (sample.name, sample.labels, sample.value)
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        ]

    def total(self, name: str, **labels: str) -> float:
        """The sum of a metric over its other labels; a label's value may end in `*`."""
        return sum(value for _, value in self._of(name, labels))

    def buckets(self, name: str) -> dict[float, float]:
        """A histogram's cumulative counts by upper bound, summed over its labels."""
        counts: dict[float, float] = defaultdict(float)
        for labels, value in self._of(f"{name}_bucket", {}):
            counts[float(labels["le"])] += value
        return counts

    def _of(self, name: str, wanted: Mapping[str, str]) -> Iterable[tuple[Mapping[str, str], float]]:
        for sample, labels, value in self._samples:
            if sample == name and all(_matches(labels.get(key, ""), one) for key, one in wanted.items()):
                yield labels, value


def _matches(value: str, wanted: str) -> bool:
    return value.startswith(wanted[:-1]) if wanted.endswith("*") else value == wanted


@dataclass(frozen=True)
class Sample:
    """The metrics of all processes at one moment (seconds), by name; one that does not answer is missing."""

    at: float
    figures: dict[str, Figures] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """One service between two samples; None where its process does not answer."""

    requests: float | None
    p99_ms: float | None
    failed: float | None
    published: float | None
    consumed: float | None
    outbox: float | None
    lag: float | None
    parked: float | None
    megabytes: float


def line(service: str, before: Sample, now: Sample) -> Line:
    """A service between two samples: counters per second, gauges as they are."""
    api, worker = f"{service}-api", f"{service}-worker"

    def rate(process: str, name: str, **labels: str) -> float | None:
        return _rate(before, now, process, lambda figures: figures.total(name, **labels))

    def measure(process: str, name: str) -> float | None:
        return now.figures[process].total(name) if process in now.figures else None

    return Line(
        requests=rate(api, f"{REQUESTS}_count"),
        p99_ms=_p99_ms(before.figures.get(api), now.figures.get(api)),
        failed=rate(api, f"{REQUESTS}_count", http_response_status_code="5*"),
        published=rate(worker, PUBLISHED),
        consumed=rate(worker, CONSUMED),
        outbox=measure(worker, "wex_outbox_depth"),
        lag=measure(worker, "wex_consumer_lag"),
        parked=measure(worker, "wex_parked_messages"),
        megabytes=sum((measure(one, "process_resident_memory_bytes") or 0) for one in (api, worker)) / 1e6,
    )


def confirmed(before: Sample, now: Sample) -> float | None:
    """Bookings confirmed per second."""
    return _rate(before, now, "bookings-worker", lambda figures: figures.total(HANDLED, type=CONFIRMING))


def _rate(before: Sample, now: Sample, process: str, count: Callable[[Figures], float]) -> float | None:
    if process not in now.figures:
        return None
    then = count(before.figures[process]) if process in before.figures else 0.0
    counted = count(now.figures[process])
    # A process that was started anew counts from zero.
    return (counted - then if counted >= then else counted) / max(now.at - before.at, 0.001)


def _p99_ms(before: Figures | None, now: Figures | None) -> float | None:
    """The 99th percentile between two samples: a straight line within its bucket, as Prometheus draws it."""
    if now is None:
        return None
    then = before.buckets(REQUESTS) if before else {}
    counts = {bound: count - then.get(bound, 0.0) for bound, count in sorted(now.buckets(REQUESTS).items())}
    wanted = 0.99 * max(counts.values(), default=0.0)
    if wanted <= 0:
        return None
    lower, below = 0.0, 0.0
    for bound, count in counts.items():
        if count >= wanted:
            share = (wanted - below) / (count - below)
            return 1000 * (lower if bound == float("inf") else lower + (bound - lower) * share)
        lower, below = bound, count
    return None


def page(before: Sample, now: Sample) -> Table:
    """The page: a line for each service, bookings confirmed below."""
    table = Table("service", title=f"{len(now.figures)} processes", title_justify="left", box=None)
    for heading in ("requests/s", "p99 ms", "5xx/s", "out/s", "in/s", "outbox", "lag", "parked", "MB"):
        table.add_column(heading, justify="right")
    for service in SERVICES:
        one = line(service, before, now)
        table.add_row(
            service,
            _shown(one.requests, 1),
            _shown(one.p99_ms, 1),
            _alarming(one.failed, 1),
            _shown(one.published, 1),
            _shown(one.consumed, 1),
            _shown(one.outbox),
            _shown(one.lag),
            _alarming(one.parked),
            _shown(one.megabytes or None),
        )
    rate = _shown(confirmed(before, now), 1)
    table.caption, table.caption_justify = f"{rate} bookings confirmed a second", "left"
    return table


def _shown(value: float | None, digits: int = 0) -> str:
    return "[dim]-[/]" if value is None else f"{value:,.{digits}f}"


def _alarming(value: float | None, digits: int = 0) -> str:
    return f"[bold red]{_shown(value, digits)}[/]" if value else _shown(value, digits)


async def look(addresses: Addresses) -> Sample:
    """Ask every process for its metrics, all at once."""
    names = [f"{service}-{role}" for service in SERVICES for role in ("api", "worker")]
    found = await asyncio.gather(*(asyncio.to_thread(_figures, addresses.ports[name]) for name in names))
    answers = {name: figures for name, figures in zip(names, found, strict=True) if figures is not None}
    return Sample(time.monotonic(), answers)


def _figures(port: int) -> Figures | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=_ANSWERS_WITHIN) as answer:
            return Figures(answer.read().decode())
    except (OSError, ValueError):
        return None


async def run(addresses: Addresses, console: Console, *, once: bool, every: float = 1.0) -> bool:
    """Show the page each second until nothing runs, or once; False if nothing ran from the beginning."""
    before = await look(addresses)
    if not before.figures:
        return False
    await asyncio.sleep(every)
    now = await look(addresses)
    if once:
        console.print(page(before, now))
        return True
    with Live(page(before, now), console=console, auto_refresh=False) as live:
        while now.figures:
            await asyncio.sleep(every)
            before, now = now, await look(addresses)
            live.update(page(before, now), refresh=True)
    return True
