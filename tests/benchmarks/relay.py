"""G11: how fast a worker empties its outbox, against aiokafka's plain `send()` of the same messages."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncGenerator, Sequence

import asyncpg
import psutil

from shared.bus.outbox import shard_of
from shared.bus.wake import CHANNEL
from shared.contracts.bookings import BookingConfirmed
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, to_headers
from tests.benchmarks.findings import Bar, Finding
from tests.benchmarks.messages import events
from tests.benchmarks.run import Run
from tests.benchmarks.stage import stage
from wex.folders import REPOSITORY
from wex.platform import Platform

_PER_SECOND = 6_000  # rows of a round: each second of it gives the relay so many
_COLUMNS = ("shard", "topic", "key", "event_id", "headers", "payload")
_WORKER = "bookings-worker"


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """With a traceparent on every message, as in production, and without any."""
    async with stage("bookings") as platform:
        for traced in (True, False):
            yield await _compare(run, platform, traced=traced)


async def _compare(run: Run, platform: Platform, *, traced: bool) -> Finding:
    count = int(_PER_SECOND * run.seconds)
    messages = list(events(count, traced=traced))
    await relay(platform, messages[: count // 4])  # warm
    ours, theirs, processor = [], [], []
    for number in range(run.rounds):
        sent = await send(platform, count, traced=traced)
        relayed, busy = await relay(platform, messages)
        ours.append(count / relayed)
        theirs.append(count / sent)
        processor.append(busy / count * 1e6)
        run.console.print(
            f"round {number + 1}: relay {ours[-1]:,.0f}/s ({processor[-1]:.0f} us of processor a row), "
            f"send() {theirs[-1]:,.0f}/s"
        )
    return Finding(
        goal="G11",
        what=f"relay, rows {'traced' if traced else 'not traced'}",
        unit="rows/s",
        ours=ours,
        theirs=theirs,
        against="aiokafka send()",
        bar=Bar(floor=0.7, aim=1.5),
        facts={"rows": count, "processor_us_per_row": processor},
    )


async def relay(platform: Platform, messages: Sequence[Event[Contract]]) -> tuple[float, float]:
    """Seconds until the real worker has emptied an outbox with these, and seconds of its processor."""
    worker = psutil.Process(platform.pid(_WORKER))
    connection = await asyncpg.connect(platform.database("bookings").app_url)
    try:
        async with connection.transaction():
            await connection.copy_records_to_table("outbox", records=map(_row, messages), columns=_COLUMNS)
            busy = sum(worker.cpu_times()[:2])
            began = time.perf_counter()
        await connection.execute("select pg_notify($1, '')", CHANNEL)
        while await connection.fetchval("select id from outbox order by id desc limit 1"):  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        return time.perf_counter() - began, sum(worker.cpu_times()[:2]) - busy
    finally:
        await connection.close()


async def send(platform: Platform, count: int, *, traced: bool) -> float:
    """Seconds until a process of its own has sent as many and has every acknowledgement."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.sending"),
        *("--bootstrap", platform.addresses.kafka, "--topic", BookingConfirmed.topic),
        *("--count", str(count), *(["--traced"] if traced else [])),
        cwd=REPOSITORY,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("the sending process failed")
    return float(told)


def _row(event: Event[Contract]) -> tuple[object, ...]:
    headers, payload = json.dumps(to_headers(event)), event.data.model_dump_json().encode()
    return (shard_of(event.data.key), event.data.topic, event.data.key, event.id, headers, payload)
