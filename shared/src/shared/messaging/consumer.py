"""The consumer: messages to policies through the one door, each key in order, nothing skipped."""

import asyncio
import random
import time
from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, KafkaError
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from shared.command_bus import CommandBus, OutcomeUnknown
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, Malformed, UnknownType, from_message
from shared.kernel import ConcurrentChange, NotYetKnown, Refusal
from shared.messaging import kafka, parking
from shared.messaging.inbox import Blocked, InFlight, Message
from shared.messaging.parking import RawMessage
from shared.messaging.policy import Subscription
from shared.messaging.progress import Progress
from shared.persistence.database import Database, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.tracing import parent_of

Work = TypeVar("Work")

PATIENCE = 20.0  # seconds an event waits for another topic to catch up, before it is parked
TRIES = 4  # tries of a message that fails for no reason we know, before it is parked
# What passes by itself: another process has the message, another change was quicker, an answer was lost.
_PASSING = (InFlight, ConcurrentChange, OutcomeUnknown)
log = logger(__name__)
_tracer = trace.get_tracer("wex.consumer")


class Consumer(Generic[Work]):
    """Consumes one service's subscriptions.

    Partitions are worked on side by side, the messages of one partition one after the other:
    while a partition is worked on it is paused, so a slow one never holds up the rest. The
    offset moves on only when a message had its effect, was passed as unknown, or was parked.
    """

    def __init__(
        self,
        database: Database,
        bus: CommandBus[Work],
        subscriptions: Sequence[Subscription[Work]],
        bootstrap: str,
        *,
        service: str,
        topic_prefix: str = "",
        patience: float = PATIENCE,
    ) -> None:
        self._database = database
        self._bus = bus
        self.service = service
        self._prefix = topic_prefix
        self._patience = patience
        self._bootstrap = bootstrap
        self._by_type: dict[str, list[Subscription[Work]]] = {}
        for subscription in subscriptions:
            self._by_type.setdefault(subscription.contract.type, []).append(subscription)
        self._known: dict[str, type[Contract]] = {s.contract.type: s.contract for s in subscriptions}
        self._topics = sorted({topic_prefix + s.contract.topic for s in subscriptions})
        self._working: dict[TopicPartition, asyncio.Task[int]] = {}
        self._stopping = asyncio.Event()
        self._joined = False
        self._task: asyncio.Task[None] | None = None
        self.progress = Progress("consumer")

    async def start(self) -> None:
        if self._topics:
            self._task = asyncio.create_task(self._keep_consuming(), name="consumer")

    async def stop(self) -> None:
        """Finish the messages in hand, commit their offsets, leave the group."""
        self._stopping.set()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=kafka.STOP_DEADLINE * 2)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _keep_consuming(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._consume()
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("consumer_interrupted", error=type(error).__name__)
                await self._pause(1.0)
            except Exception:
                log.exception("consumer_failed")
                await self._pause(5.0)

    async def _consume(self) -> None:
        client = kafka.consumer(self._bootstrap, self._prefix + self.service, self.service)
        client.subscribe(self._topics, listener=_Handover(self))
        try:
            await asyncio.wait_for(client.start(), kafka.SEND_DEADLINE)
            while not self._stopping.is_set():
                batches = await client.getmany(timeout_ms=10 if self._working else 200)
                for partition, records in batches.items():
                    client.pause(partition)
                    self._working[partition] = asyncio.create_task(self._work(records))
                await self._collect(client)
                self.progress.made()
            await self.settle()
            await self._collect(client)
        finally:
            await self.settle()
            self._working.clear()
            await kafka.stop_quietly(client)

    def waiting_for_group(self) -> str | None:
        """What keeps the consumer from working, or None: it has its partitions, or needs none."""
        if self._topics and not self._joined:
            return "the group has not told its partitions yet"
        return None

    def join(self) -> None:
        """The group has told this member its partitions."""
        self._joined = True

    async def settle(self) -> None:
        """Wait for the messages in hand: before a partition goes to another member, and at the end."""
        if self._working:
            await asyncio.wait(self._working.values(), timeout=kafka.STOP_DEADLINE)

    async def _collect(self, client: AIOKafkaConsumer) -> None:
        """Commit what is done and take up the partitions again."""
        if self._working:
            await asyncio.wait(self._working.values(), timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
        for partition in [p for p, task in self._working.items() if task.done()]:
            position: int = self._working.pop(partition).result()
            if partition not in client.assignment():
                continue
            try:
                await asyncio.wait_for(client.commit({partition: position}), kafka.SEND_DEADLINE)
            except CommitFailedError:
                # The partition moved on in between: its new owner reads these again, the inbox drops them.
                log.warning("commit_refused", topic=partition.topic, partition=partition.partition)
                continue
            if partition in client.assignment():
                client.resume(partition)
                behind = max(0, (client.highwater(partition) or position) - position)
                name = partition.topic.removeprefix(self._prefix)
                metrics.lag.set(behind, {"topic": name, "partition": partition.partition})

    async def _work(self, records: list[ConsumerRecord[Any, Any]]) -> int:
        """Work through one partition's records; the offset after the last one that is done."""
        position = int(records[0].offset)
        for record in records:
            if self._stopping.is_set():
                break
            try:
                await self._take(_raw(record, self._prefix))
            except _Stopped:
                break
            position = record.offset + 1
            self.progress.made()
        return position

    async def _take(self, message: RawMessage) -> None:
        started = time.perf_counter()
        try:
            event = from_message(message.header_pairs, message.payload or b"", self._known)
        except UnknownType:
            metrics.consumed.add(1, {"outcome": "unknown", "topic": message.topic})
            return
        except Malformed as error:
            if message.payload is None:
                return  # a tombstone is for the log; the erasure itself is an event of its own
            await self._park(self.service, message, f"malformed: {error}")
            return
        with _tracer.start_as_current_span(
            f"process {event.type}", context=parent_of(message.headers), kind=SpanKind.CONSUMER
        ) as span:
            span.set_attribute("messaging.destination.name", message.topic)
            for subscription in self._by_type[event.type]:
                await self._obey(subscription, event, message)
        metrics.consume_seconds.record(time.perf_counter() - started, {"type": event.type})

    async def _obey(self, subscription: Subscription[Work], event: Event[Any], message: RawMessage) -> None:
        """One policy on one event: try until it has its effect, or park it."""
        name, tries = subscription.name, 0
        give_up = time.monotonic() + self._patience
        while True:
            tries += 1
            try:
                await self.carry_out(subscription, event)
            except NotYetKnown as error:
                if time.monotonic() > give_up:
                    return await self._park(name, message, f"never became known: {error}")
            except Blocked:
                return await self._park(name, message, "behind a parked message of its aggregate")
            except Exception as error:  # noqa: BLE001 - whatever it is, the message may not be lost
                if isinstance(error, Refusal) and not isinstance(error, _PASSING):
                    return await self._park(name, message, f"refused: {error.slug}")
                transient = is_transient(error) or isinstance(error, _PASSING)
                log.warning("message_failed", policy=name, error=type(error).__name__, attempt=tries)
                if not transient and tries >= TRIES:
                    return await self._park(name, message, f"failed: {type(error).__name__}")
            else:
                metrics.consumed.add(1, {"outcome": "done", "topic": message.topic})
                return None
            self.progress.made()
            if await self._pause(min(0.05 * 2**tries, 2.0) * random.uniform(0.7, 1.3)):  # noqa: S311
                raise _Stopped

    async def carry_out(
        self, subscription: Subscription[Work], event: Event[Any], *, behind_parked: bool = False
    ) -> None:
        """Send the policy's instruction through the door, claimed by the event's id.

        With `behind_parked` it goes although its aggregate has parked messages: it is one of them.
        """
        instruction = subscription.policy(event)
        if instruction is None:
            return
        claim = Message(
            source=subscription.name,
            message_id=str(event.id),
            tenants=instruction.tenants,
            lane=None if behind_parked else (event.data.topic, event.data.key),
        )
        await self._bus.execute(claim, instruction.handler, instruction.command)

    async def _park(self, consumer: str, message: RawMessage, reason: str) -> None:
        while True:
            try:
                await parking.park(self._database, consumer, message, reason)
                break
            except Exception as error:
                if not is_transient(error):
                    raise
                if await self._pause(1.0):
                    raise _Stopped from error
        metrics.consumed.add(1, {"outcome": "parked", "topic": message.topic})
        log.error("message_parked", consumer=consumer, topic=message.topic, reason=reason)

    async def _pause(self, seconds: float) -> bool:
        """Wait; True as soon as stopping."""
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return False
        return True


class _Stopped(Exception):  # noqa: N818 - ends a partition's work; its message is read again
    pass


class _Handover(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: Consumer[Any]) -> None:
        self._consumer = consumer

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:  # noqa: ARG002
        await self._consumer.settle()

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:  # noqa: ARG002
        # A member may rightly get none while others have all: to have been told is to be ready.
        self._consumer.join()


def _raw(record: ConsumerRecord[Any, Any], prefix: str) -> RawMessage:
    return RawMessage(
        topic=record.topic.removeprefix(prefix),
        partition=record.partition,
        position=record.offset,
        key=(record.key or b"").decode(errors="replace"),
        headers={name: value.decode(errors="replace") for name, value in record.headers},
        payload=record.value,
    )
