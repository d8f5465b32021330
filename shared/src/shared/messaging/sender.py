"""Sends outbox rows to the broker; what cannot be sent is set aside for a while and stops nothing else."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import asyncpg
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaConnectionError
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, get_current_span
from pydantic_core import from_json

from shared import failpoints
from shared.messaging import kafka
from shared.messaging.partitioning import partition_of
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.tracing import parent_of

TRACED_EACH = 64  # up to so many rows get a span each; for a larger backlog that would cost more than sending
_LINKS_OF_A_SPAN = 128  # OpenTelemetry keeps no more
_MAX_ROW_BYTES = kafka.MAX_BATCH_BYTES - 8_192  # a batch has a header of its own, and each row some
_TOPIC_SECONDS = 3.0  # for the broker to tell of a topic
_ASIDE_SECONDS = 30.0  # until what could not be sent is tried again
log = logger(__name__)
_tracer = trace.get_tracer("wex.relay")


@dataclass(slots=True)
class SetAside:
    """Topics and keys whose rows cannot be sent now, each until a moment of the monotonic clock.

    Order holds among the rows of one topic and key: those behind a row set aside wait with it.
    """

    topics: dict[str, float] = field(default_factory=dict)
    keys: dict[tuple[str, str], float] = field(default_factory=dict)

    def topic(self, topic: str, error: str) -> None:
        self.topics[topic] = time.monotonic() + _ASIDE_SECONDS
        self._report(topic, error)

    def key(self, topic: str, key: str, error: str) -> None:
        self.keys[topic, key] = time.monotonic() + _ASIDE_SECONDS
        self._report(topic, error)

    def look_again(self) -> None:
        """Forget what has been aside for long enough: it is tried again."""
        now = time.monotonic()
        self.topics = {topic: until for topic, until in self.topics.items() if until > now}
        self.keys = {each: until for each, until in self.keys.items() if until > now}
        metrics.outbox_aside.set(len(self.topics) + len(self.keys))

    def _report(self, topic: str, error: str) -> None:
        log.error("outbox_rows_set_aside", topic=topic, error=error)
        metrics.outbox_aside.set(len(self.topics) + len(self.keys))


class Sender:
    """Sends rows through one producer, in their order within each partition."""

    def __init__(self, producer: AIOKafkaProducer, prefix: str, aside: SetAside) -> None:
        self._producer = producer
        self._prefix = prefix
        self._aside = aside

    async def send(self, rows: Sequence[asyncpg.Record]) -> list[asyncpg.Record]:
        """Send the rows and wait for every acknowledgement; those that were sent.

        The others were set aside: their topic is not there, or they themselves cannot be sent.
        """
        partitions = await self._partitions({row["topic"] for row in rows})
        messages: list[_Message] = []
        for row in rows:
            if row["topic"] not in partitions or (row["topic"], row["key"]) in self._aside.keys:
                continue
            if (message := self._message(row)) is not None:
                messages.append(message)
        spans = _publish_spans(messages)
        groups: dict[tuple[str, int], list[_Message]] = defaultdict(list)
        for message in messages:
            topic = message.row["topic"]
            groups[topic, partition_of(message.key, partitions[topic])].append(message)
        await asyncio.gather(
            *(self._send(self._prefix + topic, number, g) for (topic, number), g in groups.items())
        )
        for span in spans:
            span.end()
        return [message.row for message in messages]

    async def _partitions(self, topics: set[str]) -> dict[str, int]:
        """How many partitions each topic has; one that is not there is set aside."""
        found: dict[str, int] = {}
        for topic in topics:
            try:
                known = await asyncio.wait_for(
                    self._producer.partitions_for(self._prefix + topic), _TOPIC_SECONDS
                )
            except TimeoutError:
                known = set()
            if known:
                found[topic] = len(known)
            elif await self._producer.client.force_metadata_update():
                self._aside.topic(topic, "the broker has no such topic")
            else:
                raise KafkaConnectionError("the broker does not tell of its topics")
        return found

    def _message(self, row: asyncpg.Record) -> "_Message | None":
        """The row as it is sent; None, and set aside with its key, where it cannot be."""
        if len(row["payload"] or b"") + len(row["headers"]) + len(row["key"]) > _MAX_ROW_BYTES:
            self._aside.key(row["topic"], row["key"], "larger than a batch")
            return None
        try:
            headers = from_json(row["headers"])
        except ValueError:
            headers = None
        if not isinstance(headers, dict):
            self._aside.key(row["topic"], row["key"], "its headers cannot be read")
            return None
        return _Message(row, row["key"].encode(), headers)

    async def _send(self, topic: str, partition: int, messages: list["_Message"]) -> None:
        acknowledgements: list[asyncio.Future[Any]] = []
        batch = self._producer.create_batch()
        for each in messages:
            message = {
                "key": each.key,
                "value": each.row["payload"],
                "timestamp": int(each.row["created_at"].timestamp() * 1000),
                "headers": kafka.header_pairs(each.headers.items()),
            }
            if batch.append(**message) is None:
                acknowledgements.append(await self._producer.send_batch(batch, topic, partition=partition))
                batch = self._producer.create_batch()
                if batch.append(**message) is None:
                    raise ValueError("an event is larger than a batch may be")
        acknowledgements.append(await self._producer.send_batch(batch, topic, partition=partition))
        failpoints.reach("R2")
        await asyncio.gather(*acknowledgements)


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
