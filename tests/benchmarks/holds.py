"""G1-G4, G13: booking requests through HTTP, beside pgbench and without batching."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from rich.progress import track

from tests.benchmarks import load, pgbench
from tests.benchmarks.findings import Bar, Finding, percentile
from tests.benchmarks.hold_scenario import LEARNER, SCHOOLS, SESSION, SESSIONS, HoldScenario, number, seeded
from tests.benchmarks.load import Load
from tests.benchmarks.run import Run
from tests.infra.another import another
from wex.platform import Platform

SCRIPT = Path(__file__).parent / "hold.sql"
API = "bookings-api"
CONNECTIONS = 64
MOST_A_SECOND = 4_000  # requests made ready; more than a service on two cores answers
DELAY = 2_000  # microseconds: what a commit costs where the disk is another machine's


@asynccontextmanager
async def hold_platform() -> AsyncIterator[HoldScenario]:
    """One api process of bookings on a durable PostgreSQL, seeded; no worker takes part of the processor."""
    with TemporaryDirectory(prefix="wex-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)
        async with Platform(Path(folder) / "wex", durable=True, services=("bookings",)) as platform:
            await platform.stop("bookings-worker")
            yield await seeded(platform)


async def requests(scenario: HoldScenario, count: int, sessions: int) -> list[bytes]:
    """So many booking requests, each for a learner of its own, spread over so many sessions."""
    tokens, made = await scenario.fetch_tokens(), []
    for n in range(1, count + 1):
        session, learner = number(SESSION, n * 7919 % sessions), number(LEARNER, n)
        body = f'{{"session_id":"{session}","learner_ids":["{learner}"]}}'.encode()
        made.append(
            b"POST /v1/bookings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Idempotency-Key: %b\r\nAuthorization: Bearer %b\r\nContent-Length: %d\r\n\r\n%b"
            % (str(uuid4()).encode(), tokens[n % SCHOOLS].encode(), len(body), body)
        )
    return made


async def holds(
    scenario: HoldScenario, run: Run, *, sessions: int, connections: int = CONNECTIONS, **environment: str
) -> Load:
    """One round of requests against an api process started afresh and warmed up."""
    await scenario.platform.restart(API, **environment)
    return await _round(scenario, run, scenario.platform.addresses.ports[API], sessions, connections)


async def _round(scenario: HoldScenario, run: Run, port: int, sessions: int, connections: int) -> Load:
    ports = [port]
    await scenario.reset()
    ready = await requests(scenario, round(MOST_A_SECOND * run.seconds) + 500, sessions)
    await load.drive(ports, ready[:500], connections=connections)
    done = await load.drive(ports, ready[500:], connections=connections, seconds=run.seconds)
    if set(done.statuses) != {201}:
        raise RuntimeError(f"not all were held: {dict(done.statuses)}")
    return done


async def ceiling(scenario: HoldScenario, run: Run, sessions: int) -> pgbench.Pgbench:
    """One round of pgbench with the same transaction."""
    await scenario.reset()
    url = scenario.platform.database("bookings").app_url
    return await pgbench.run(url, SCRIPT, run.seconds, sessions=sessions)


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """The holds on a fast disk, then with commits of two milliseconds."""
    async with hold_platform() as scenario:
        for delay in (0, DELAY):
            await scenario.commit_delay(delay)
            for goal in ("G1", "G2"):
                yield await _beside_pgbench(scenario, run, goal, delay)
        yield await _beside_no_batching(scenario, run)
        yield await _beside_unwoken(scenario, run)
        await scenario.commit_delay(0)
        yield await _one_client(scenario, run)


_BARS = {
    ("G1", 0): Bar(0.30, 0.45),
    ("G1", DELAY): Bar(0.50, 0.80),
    ("G2", 0): Bar(1.2, 2.0),
    ("G2", DELAY): Bar(4.0, 8.0),
}


async def _beside_pgbench(scenario: HoldScenario, run: Run, goal: str, delay: int) -> Finding:
    sessions = SESSIONS if goal == "G1" else 1
    what = "holds, spread" if goal == "G1" else "holds, one hot session"
    what += ", 2 ms commits" if delay else ""
    ours, theirs = [], []
    for _ in track(range(run.rounds), what, console=run.console):
        theirs.append(await ceiling(scenario, run, sessions))
        ours.append(await holds(scenario, run, sessions=sessions))
    return Finding(
        goal, what, "/s", [each.rate(201) for each in ours], _BARS[goal, delay],
        [each.per_second for each in theirs], "pgbench", _p99(ours),
        {"p50_ms": _p50(ours), "pgbench_p50_ms": [t.p50_ms for t in theirs],
         "pgbench_p99_ms": [t.p99_ms for t in theirs]},
    )  # fmt: skip


async def _beside_no_batching(scenario: HoldScenario, run: Run) -> Finding:
    what = "hot session, batching on, 2 ms commits"
    ours, theirs = await _both(scenario, run, what, 1, CONNECTIONS)
    return Finding(
        "G3", what, "/s", [each.rate(201) for each in ours], Bar(3.5, 5.0),
        [each.rate(201) for each in theirs], "batching off", _p99(ours), {"off_p99_ms": _p99(theirs)},
    )  # fmt: skip


async def _beside_unwoken(scenario: HoldScenario, run: Run) -> Finding:
    what = "spread, relay's wake-up on, 2 ms commits"
    ours, theirs = [], []
    await scenario.platform.stop(API)
    for _ in track(range(run.rounds), what, console=run.console):
        async with another(scenario.platform, API, "tests.benchmarks.unwoken", "bookings", "api") as (
            _,
            port,
        ):
            theirs.append(await _round(scenario, run, port, SESSIONS, CONNECTIONS))
        async with another(scenario.platform, API) as (_, port):
            ours.append(await _round(scenario, run, port, SESSIONS, CONNECTIONS))
    return Finding(
        "G13", what, "/s", [each.rate(201) for each in ours], Bar(0.85, 0.95),
        [each.rate(201) for each in theirs], "off", _p99(ours),
    )  # fmt: skip


async def _one_client(scenario: HoldScenario, run: Run) -> Finding:
    what = "one client, p50"
    ours, theirs = await _both(scenario, run, what, SESSIONS, 1)
    return Finding(
        "G4", what, "ms", [_p50([each]) for each in ours], Bar(1.15, 1.0, at_most=True),
        [_p50([each]) for each in theirs], "batching off", _p99(ours),
    )  # fmt: skip


async def _both(
    scenario: HoldScenario, run: Run, what: str, sessions: int, connections: int
) -> tuple[list[Load], list[Load]]:
    ours, theirs = [], []
    for _ in track(range(run.rounds), what, console=run.console):
        off = {"WEX_REQUEST_BATCH_SIZE": "1"}
        theirs.append(await holds(scenario, run, sessions=sessions, connections=connections, **off))
        ours.append(await holds(scenario, run, sessions=sessions, connections=connections))
    return ours, theirs


def _p50(loads: list[Load]) -> float:
    return percentile([second * 1000 for each in loads for second in each.seconds], 50)


def _p99(loads: list[Load]) -> float:
    return percentile([second * 1000 for each in loads for second in each.seconds], 99)
