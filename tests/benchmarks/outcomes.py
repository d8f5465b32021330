"""G14: how fast a worker takes over registers, against COPY of the rows it writes, and against one by one.

The whole effect is measured: fetch, decode, dedupe, assess, ledger, totals, counts and outbox. The
relay's locks are held meanwhile: it has a benchmark of its own.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence

import asyncpg
from aiokafka import AIOKafkaProducer

from shared.bus.outbox import SHARDS
from shared.contracts.bookings import AttendanceRecorded
from shared.contracts.envelope import to_headers
from shared.messaging.kafka import header_pairs
from tests.benchmarks.findings import Bar, Finding
from tests.benchmarks.register_scenario import (
    Connection,
    Visit,
    copy_in,
    copy_out,
    forget_effect,
    prepare,
    visits,
)
from tests.benchmarks.run import Run
from tests.benchmarks.stage import stage
from wex.platform import Platform

_WORKER = "outcomes-worker"
_RELAY_LOCKS = 8_254_100
_PER_SECOND = 1_500  # learner-days of a round: each second of it gives the worker so many
_ALONE = 8  # of one by one a so-manieth as many


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """Registers of one learner each, the worst there can be, and of a class."""
    async with stage("outcomes") as platform:
        database = platform.addresses.postgres.rsplit("/", 1)[0] + "/" + platform.database("outcomes").name
        connection = await asyncpg.connect(database)
        try:
            async with _relay_held(platform):
                for size in (1, 30):
                    for finding in await _compare(run, platform, connection, size):
                        yield finding
        finally:
            await connection.close()


async def _compare(run: Run, platform: Platform, connection: Connection, size: int) -> list[Finding]:
    many = visits(int(_PER_SECOND * run.seconds / size), size)
    await prepare(connection, many)
    ours, copied, alone = [], [], []
    for number in range(run.rounds):
        ours.append(await _taken(platform, connection, many))
        rows = await copy_out(connection)
        began = time.perf_counter()
        await copy_in(connection, rows)
        copied.append(len(many) * size / (time.perf_counter() - began))
        await forget_effect(connection)
        alone.append(await _taken(platform, connection, many[: len(many) // _ALONE], together=1))
        await forget_effect(connection)
        run.console.print(
            f"round {number + 1}: registers of {size}: {ours[-1]:,.0f} learner-days/s, "
            f"COPY {copied[-1]:,.0f}/s, one by one {alone[-1]:,.0f}/s"
        )
    what, unit = f"registers of {size}", "learner-days/s"
    facts = {"registers": len(many), "learners": size, "one_by_one": alone}
    to_copy = Finding("G14", what, unit, ours, Bar(0.10, 0.18), copied, "COPY of its rows", facts=facts)
    if size > 1:
        return [to_copy]  # one such register alone is many learners together: no peer for taking many
    return [to_copy, Finding("G14", what, unit, ours, Bar(7, 12), alone, "one by one", facts=facts)]


async def _taken(
    platform: Platform, connection: Connection, some: Sequence[Visit], together: int = 0
) -> float:
    """Learner-days a second from the first register's transaction to the last one's commit."""
    if _WORKER in platform.running:
        platform.kill(_WORKER)
    await _publish(platform.addresses.kafka, some)
    await platform.start(_WORKER, **({"WEX_EVENT_BATCH_SIZE": str(together)} if together else {}))
    wanted = sum(len(visit.learners) for visit in some)
    while await connection.fetchval("select count(*) from ledger_entries") < wanted:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    seconds: float = await connection.fetchval(
        "select extract(epoch from clock_timestamp() - min(entered_at))::float from ledger_entries"
    )
    return wanted / seconds


async def _publish(bootstrap: str, some: Sequence[Visit]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", linger_ms=5)
    await producer.start()
    try:
        sent = []
        for event in (visit.register() for visit in some):
            value, key = event.data.model_dump_json().encode(), event.data.key.encode()
            headers = header_pairs(to_headers(event).items())
            sent.append(await producer.send(AttendanceRecorded.topic, value, key=key, headers=headers))
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


@contextlib.asynccontextmanager
async def _relay_held(platform: Platform) -> AsyncIterator[None]:
    """Keep the relay's locks, so that what the worker says stays in its outbox."""
    platform.kill(_WORKER)
    holder = await asyncpg.connect(platform.database("outcomes").relay_url)
    try:
        for shard in range(SHARDS):
            await holder.execute("select pg_advisory_lock($1, $2)", _RELAY_LOCKS, shard)
        yield
    finally:
        await holder.close()
