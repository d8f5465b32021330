"""The relay: takes the oldest outbox rows of its shards in id order and publishes them."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, get_current_span
from pydantic_core import from_json

from shared import failpoints
from shared.bus.outbox import SHARDS
from shared.bus.wake import CHANNEL
from shared.messaging import kafka
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.partitioning import partition_of
from shared.persistence.database import Database, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.tracing import parent_of

BATCH = 2_000
TRACED_EACH = 64  # up to so many rows get a span each; for a larger backlog that would cost more than sending
_LINKS_OF_A_SPAN = 128  # OpenTelemetry keeps no more
POLL_SECONDS = 1.0
RETRY_SECONDS = 0.5
_LOCK_SPACE = 8_254_100
log = logger(__name__)
_tracer = trace.get_tracer("wex.relay")

_TAKE = """
    select id, topic, key, headers, payload, created_at from outbox
    where shard = $1 order by id limit $2
"""
_REMOVE = "delete from outbox where id = any ($1::bigint[])"
_LOCK = "select pg_try_advisory_lock($1, $2)"


class Relay:
    """Publishes one service's outbox, one shard after another holding that shard's lock.

    One relay per shard holds its advisory lock, so events of one key leave in the order of
    their commits; rows are removed after the broker's acknowledgement, so a crash in between
    sends them twice and the readers' inboxes drop the second.
    """

    def __init__(
        self, database: Database, bootstrap: str, *, service: str, topic_prefix: str = "", batch: int = BATCH
    ) -> None:
        self._database = database
        self._bootstrap = bootstrap
        self._service = service
        self._prefix = topic_prefix
        self._batch = batch
        self._woken = [asyncio.Event() for _ in range(SHARDS)]
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._heartbeats = [Heartbeat(f"relay of shard {shard}") for shard in range(SHARDS)]

    @property
    def heartbeat(self) -> Heartbeat:
        """Of the shard that went round longest ago."""
        return max(self._heartbeats, key=lambda each: each.idle_seconds)

    async def start(self) -> None:
        """Begin with every shard whose lock is free; the others as they become free."""
        self._tasks = [asyncio.create_task(self._keep_listening(), name="relay listen")]
        self._tasks += [
            asyncio.create_task(self._keep_relaying(shard), name=f"relay {shard}") for shard in range(SHARDS)
        ]

    async def stop(self) -> None:
        """Finish the batches in flight and let the locks go."""
        self._stopping.set()
        for woken in self._woken:
            woken.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=kafka.SEND_DEADLINE)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_relaying(self, shard: int) -> None:
        while not self._stopping.is_set():
            try:
                await self._relay(shard)
            except Exception as error:
                if not (is_transient(error) or isinstance(error, KafkaError)):
                    log.exception("relay_failed", shard=shard)
                else:
                    log.warning("relay_interrupted", shard=shard, error=type(error).__name__)
                self._heartbeats[shard].beat()
                await self._rest(RETRY_SECONDS)

    async def _relay(self, shard: int) -> None:
        # The connection that holds the lock also takes and removes rows: without the lock it has none.
        connection = await self._database.connect()
        try:
            while not await connection.fetchval(_LOCK, _LOCK_SPACE, shard):
                self._heartbeats[shard].beat()
                if await self._rest(POLL_SECONDS):
                    return
            await self._drain(shard, connection)
        finally:
            connection.terminate()

    async def _drain(self, shard: int, connection: "asyncpg.Connection[Any]") -> None:
        producer = kafka.producer(self._bootstrap, f"{self._service}-relay-{shard}")
        try:
            await asyncio.wait_for(producer.start(), kafka.SEND_DEADLINE)
            while not self._stopping.is_set():
                self._woken[shard].clear()
                rows = await connection.fetch(_TAKE, shard, self._batch)
                self._heartbeats[shard].beat()
                if not rows:
                    await self._pause(shard, POLL_SECONDS)
                    continue
                failpoints.reach("R1")
                await asyncio.wait_for(self._publish(producer, rows), kafka.SEND_DEADLINE)
                failpoints.reach("R3")
                await connection.execute(_REMOVE, [row["id"] for row in rows])
                failpoints.reach("R4")
                self._count(rows)
        finally:
            # Still under the lock: after this, the producer sends nothing any more.
            await kafka.stop_quietly(producer)

    async def _publish(self, producer: AIOKafkaProducer, rows: list[asyncpg.Record]) -> None:
        """Send the rows, in order within each partition, and wait for every acknowledgement."""
        messages = [_Message(row, row["key"].encode(), from_json(row["headers"])) for row in rows]
        spans = _publish_spans(messages)
        partitions = {
            topic: len(await producer.partitions_for(self._prefix + topic))
            for topic in {row["topic"] for row in rows}
        }
        groups: dict[tuple[str, int], list[_Message]] = defaultdict(list)
        for message in messages:
            topic = message.row["topic"]
            groups[topic, partition_of(message.key, partitions[topic])].append(message)
        await asyncio.gather(
            *(self._send(producer, self._prefix + topic, number, g) for (topic, number), g in groups.items())
        )
        for span in spans:
            span.end()

    async def _send(
        self, producer: AIOKafkaProducer, topic: str, partition: int, messages: list["_Message"]
    ) -> None:
        acknowledgements: list[asyncio.Future[Any]] = []
        batch = producer.create_batch()
        for each in messages:
            message = {
                "key": each.key,
                "value": each.row["payload"],
                "timestamp": int(each.row["created_at"].timestamp() * 1000),
                "headers": kafka.header_pairs(each.headers.items()),
            }
            if batch.append(**message) is None:
                acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
                batch = producer.create_batch()
                if batch.append(**message) is None:
                    raise ValueError("an event is larger than a batch may be")
        acknowledgements.append(await producer.send_batch(batch, topic, partition=partition))
        failpoints.reach("R2")
        await asyncio.gather(*acknowledgements)

    def _count(self, rows: list[asyncpg.Record]) -> None:
        now = datetime.now(UTC)
        metrics.published.add(len(rows))
        metrics.publish_seconds.record((now - rows[0]["created_at"]).total_seconds())

    async def _keep_listening(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._listen()
            except Exception as error:  # noqa: BLE001 - without it the relay still polls
                log.warning("relay_not_listening", error=type(error).__name__)
                await self._rest(RETRY_SECONDS)

    async def _listen(self) -> None:
        connection = await self._database.connect()
        try:
            await connection.add_listener(CHANNEL, self._on_wake)
            while not (connection.is_closed() or await self._rest(POLL_SECONDS)):
                pass
        finally:
            connection.terminate()

    def _on_wake(self, *_: object) -> None:
        for woken in self._woken:
            woken.set()

    async def _pause(self, shard: int, seconds: float) -> None:
        """Wait until woken or `seconds` passed."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken[shard].wait(), seconds)

    async def _rest(self, seconds: float) -> bool:
        """Wait, whatever is committed meanwhile; True as soon as stopping."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)
        return self._stopping.is_set()


@dataclass(frozen=True, slots=True)
class _Message:
    """An outbox row on its way out."""

    row: asyncpg.Record
    key: bytes
    headers: dict[str, str]


def _publish_spans(messages: list[_Message]) -> list[Span]:
    """From the commit to the broker's acknowledgement, in the trace of the request behind each message.

    A backlog is one span, linked to as many traces as a span may be: a thousand would cost more than
    the sending and crowd out others.
    """
    if len(messages) > TRACED_EACH:
        traced = [m for m in messages[:_LINKS_OF_A_SPAN] if "traceparent" in m.headers]
        links = [Link(get_current_span(parent_of(m.headers)).get_span_context()) for m in traced]
        return [_span(f"publish {len(messages)} events", messages[0], Context(), links)]
    return [
        _span(f"publish {each.headers.get('ce_type', each.row['topic'])}", each, parent_of(each.headers))
        for each in messages
        if "traceparent" in each.headers
    ]


def _span(name: str, message: _Message, context: Context, links: Sequence[Link] = ()) -> Span:
    return _tracer.start_span(
        name,
        context=context,
        links=links,
        kind=SpanKind.PRODUCER,
        attributes={"messaging.destination.name": message.row["topic"]},
        start_time=int(message.row["created_at"].timestamp() * 1e9),
    )
