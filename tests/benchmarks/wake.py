"""G12: from the change to the broker's acknowledgement, woken, polled, and produced without an outbox.

The waker works in this process, the relay in the real worker, which tells in a span of each row when it
was written and when acknowledged.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

from aiokafka import AIOKafkaProducer

from shared.bus import outbox
from shared.bus.wake import Waker
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, to_headers
from shared.messaging import kafka
from shared.persistence.database import Database
from tests.benchmarks.findings import Bar, Finding, percentile
from tests.benchmarks.messages import events
from tests.benchmarks.run import Run
from tests.benchmarks.stage import stage
from tests.infra.polling import eventually
from wex.platform import Platform
from wex.traces import SpanFile

T = TypeVar("T")
Say = Callable[[Event[Contract]], Coroutine[Any, Any, None]]
SLOW, FAST = 5, 300  # events a second


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """Medians at 5 events a second beside both others, the 99th percentile at 300."""
    async with stage("bookings") as platform, _outbox(platform) as (woken, polled), _direct(platform) as send:
        await _relayed(platform, woken, FAST, 1.0)  # warm
        await _timed(send, FAST, 1.0)
        rounds = []
        for number in range(run.rounds):
            rounds.append(
                {
                    "woken": await _relayed(platform, woken, SLOW, run.seconds),
                    "polled": await _relayed(platform, polled, SLOW, run.seconds),
                    "direct": await _timed(send, SLOW, run.seconds),
                    "fast": await _relayed(platform, woken, FAST, run.seconds),
                }
            )
            told = (f"{n} {percentile(v, 50):.1f}/{percentile(v, 99):.1f} ms" for n, v in rounds[-1].items())
            run.console.print(f"round {number + 1}: {', '.join(told)}")
    p50 = {name: [percentile(each[name], 50) for each in rounds] for name in rounds[0]}
    p99 = {name: [percentile(each[name], 99) for each in rounds] for name in rounds[0]}
    slow, fast = (f"written to acknowledged, {n}/s: {p}" for n, p in ((SLOW, "p50"), (FAST, "p99")))
    to_direct, to_polled = Bar(8, 4, at_most=True), Bar(1 / 40, 1 / 100, at_most=True)
    alone = Bar(150, 60, at_most=True)
    yield Finding("G12", slow, "ms", p50["woken"], to_direct, p50["direct"], "produced directly")
    yield Finding("G12", slow, "ms", p50["woken"], to_polled, p50["polled"], "a poll each second")
    yield Finding("G12", fast, "ms", p99["fast"], alone, facts={"p50_ms": p50["fast"]})


@contextlib.asynccontextmanager
async def _outbox(platform: Platform) -> AsyncIterator[tuple[Say, Say]]:
    """Two ways to say an event through the outbox: with the waker told of the commit, and without."""
    database = Database(platform.database("bookings").app_url, name="bench-wake")
    waker = Waker(database)
    await waker.start()

    async def write(event: Event[Contract]) -> None:
        async with database.session() as session:
            await outbox.write(session, [event])
            await session.commit()

    async def write_and_wake(event: Event[Contract]) -> None:
        await write(event)
        waker.wake()

    try:
        yield write_and_wake, write
    finally:
        await waker.stop()
        await database.close()


@contextlib.asynccontextmanager
async def _direct(platform: Platform) -> AsyncIterator[Say]:
    """The way without an outbox, which loses events or tells of what never happened."""
    producer = AIOKafkaProducer(
        bootstrap_servers=platform.addresses.kafka, acks="all", enable_idempotence=True
    )
    await producer.start()

    async def send(event: Event[Contract]) -> None:
        await producer.send_and_wait(
            event.data.topic,
            event.data.model_dump_json().encode(),
            key=event.data.key.encode(),
            headers=kafka.header_pairs(to_headers(event).items()),
        )

    try:
        yield send
    finally:
        await producer.stop()


async def _timed(say: Say, per_second: int, seconds: float) -> list[float]:
    """Milliseconds until each of these events was said."""

    async def timed(event: Event[Contract]) -> float:
        began = time.perf_counter()
        await say(event)
        return (time.perf_counter() - began) * 1000

    return await _at_an_even_pace(timed, list(events(round(per_second * seconds))), per_second)


async def _relayed(platform: Platform, say: Say, per_second: int, seconds: float) -> list[float]:
    """Milliseconds from each event's row to its acknowledgement, as the relay's spans tell."""
    said = list(events(round(per_second * seconds)))
    await _at_an_even_pace(say, said, per_second)
    wanted, taken = {_trace(event) for event in said}, dict[str, float]()

    async def is_told() -> bool:
        for span in SpanFile(platform.folders.traces).read():
            if span.name.startswith("publish"):
                for trace in {span.trace, *span.links} & wanted:
                    taken[trace] = (span.end - span.start) / 1e6
        return len(taken) == len(wanted)

    await eventually(is_told, within=15)
    return list(taken.values())


async def _at_an_even_pace(
    say: Callable[[Event[Contract]], Coroutine[Any, Any, T]], said: list[Event[Contract]], per_second: int
) -> list[T]:
    """Say each at its time whether or not the earlier are done."""
    begin, saying = time.perf_counter(), []
    for number, event in enumerate(said):
        await asyncio.sleep(max(0.0, begin + number / per_second - time.perf_counter()))
        saying.append(asyncio.create_task(say(event)))
    return await asyncio.gather(*saying)


def _trace(event: Event[Contract]) -> str:
    return (event.traceparent or "").split("-")[1]
