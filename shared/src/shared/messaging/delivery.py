"""Event delivery: each message to its policies, until it had its effect or is parked. Nothing is skipped."""

import asyncio
import contextlib
import random
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from shared import failpoints
from shared.bus.command_bus import CommandBus, CommandEnvelope, OutcomeUnknown
from shared.bus.inbox import Blocked, InFlight, Message
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, Malformed, UnknownType, from_message
from shared.kernel import ConcurrentChange, NotYetKnown, Refusal
from shared.messaging import parking
from shared.messaging.batches import MAX_EVENTS_PER_BATCH, cut_into_batches
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.parking import RawMessage
from shared.messaging.policy import Instruction, Subscription
from shared.persistence.database import Database, is_overdue, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.tracing import parent_of

UnitOfWork = TypeVar("UnitOfWork")

MAX_DEPENDENCY_WAIT = 20.0  # seconds an event waits for another topic to catch up, before it is parked
TRIES = 4  # tries of a message that fails for an unknown reason, before it is parked
MAX_OVERDUE_SECONDS = 300.0  # for which a message may run into the database's deadlines, before it is parked
# Batches of different partitions at once: while the database works on one the next is computed; more
# would only wait for each other's locks, until a deadline passes.
_MAX_CONCURRENT_BATCHES = 2
# Errors that pass: another process has the message, another change was quicker, an answer was lost.
_PASSING = (InFlight, ConcurrentChange, OutcomeUnknown)
log = logger(__name__)
_tracer = trace.get_tracer("wex.consumer")


class Stopping(Exception):  # noqa: N818 - ends a partition's work; its message is read again
    """The process is stopping or the partition was taken away: whoever reads the message next delivers it."""


@dataclass(frozen=True, slots=True)
class PartitionTask:
    """One partition's work in progress: its heartbeat, and the event that tells it to stop."""

    heartbeat: Heartbeat
    halt: asyncio.Event

    async def wait(self, seconds: float) -> None:
        """Wait before another try. Raises `Stopping` as soon as the work is to end."""
        self.heartbeat.beat()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.halt.wait(), seconds)
            raise Stopping


class EventDelivery(Generic[UnitOfWork]):
    """Carries messages to one service's policies."""

    def __init__(
        self,
        database: Database,
        bus: CommandBus[UnitOfWork],
        subscriptions: Sequence[Subscription[UnitOfWork]],
        *,
        service: str,
        max_dependency_wait: float = MAX_DEPENDENCY_WAIT,
        batch_size: int = MAX_EVENTS_PER_BATCH,
    ) -> None:
        self._database = database
        self._bus = bus
        self._service = service
        self._max_dependency_wait = max_dependency_wait
        self._by_type: dict[str, list[Subscription[UnitOfWork]]] = {}
        for subscription in subscriptions:
            self._by_type.setdefault(subscription.contract.type, []).append(subscription)
        self._known: dict[str, type[Contract]] = {s.contract.type: s.contract for s in subscriptions}
        self._batched_types = {
            kind for kind, each in self._by_type.items() if len(each) == 1 and each[0].batch_handler
        }
        self._batch_size = batch_size
        self._concurrent = asyncio.Semaphore(_MAX_CONCURRENT_BATCHES)

    def batches(self, messages: Iterable[RawMessage]) -> Iterator[Sequence[RawMessage]]:
        """The messages in their order, cut into the batches they are to be delivered in."""
        return cut_into_batches(messages, self._known.keys(), self._batched_types, self._batch_size)

    async def take(self, batch: Sequence[RawMessage], task: PartitionTask) -> bool:
        """Whether every message had its effect, was passed over as unknown, or was parked.

        If not, the batch is to be delivered again in halves; a batch of one always ends with True.
        Raises `Stopping`.
        """
        if len(batch) > 1:
            return await self._take_batch(batch)
        await self._take_alone(batch[0], task)
        return True

    async def _take_batch(self, batch: Sequence[RawMessage]) -> bool:
        """Whether one transaction served all. If not, nothing is known of any: the commit may be lost."""
        began = time.perf_counter()
        try:
            events = [(event, message) for message in batch if (event := self._read(message))]
            if events:
                await self._apply_policy_to_batch(events)
        except Exception as error:  # noqa: BLE001 - each is tried again, in the end alone
            log.warning("messages_failed_together", error=type(error).__name__, count=len(batch))
            return False
        seconds = time.perf_counter() - began
        for event, message in events:
            metrics.consumed.add(1, {"outcome": "done", "topic": message.topic})
            metrics.consume_seconds.record(seconds, {"type": event.type})
        return True

    async def _apply_policy_to_batch(self, events: Sequence[tuple[Event[Any], RawMessage]]) -> None:
        """Apply the one policy of these events' type to all of them; an event given twice counts once."""
        (subscription,) = self._by_type[events[0][0].type]
        envelopes: dict[UUID, CommandEnvelope[Any, Any]] = {}
        for event, message in events:
            instruction = subscription.policy(event)
            if instruction is not None:
                claim = _claim(subscription, event, instruction, (message.topic, message.key))
                envelopes[event.id] = CommandEnvelope(
                    claim, instruction.command, origin=parent_of(message.headers)
                )
        if not envelopes or subscription.batch_handler is None:
            return
        async with self._concurrent:
            failpoints.reach("C1")
            outcomes = await self._bus.execute_each(list(envelopes.values()), subscription.batch_handler)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def _read(self, message: RawMessage) -> Event[Any] | None:
        """The message's event, None where it says nothing to this service. Raises `Malformed`."""
        if message.payload is None:
            return None  # a tombstone only compacts the log; the erasure itself is an event
        try:
            return from_message(message.header_pairs, message.payload, self._known)
        except UnknownType:
            metrics.consumed.add(1, {"outcome": "unknown", "topic": message.topic})
            return None

    async def _take_alone(self, message: RawMessage, task: PartitionTask) -> None:
        started = time.perf_counter()
        try:
            event = self._read(message)
        except Malformed as error:
            await self._park(self._service, message, f"malformed: {error}", task)
            return
        if event is None:
            return
        with _tracer.start_as_current_span(
            f"process {event.type}", context=parent_of(message.headers), kind=SpanKind.CONSUMER
        ) as span:
            span.set_attribute("messaging.destination.name", message.topic)
            for subscription in self._by_type[event.type]:
                await self._apply_policy(subscription, event, message, task)
        metrics.consume_seconds.record(time.perf_counter() - started, {"type": event.type})

    async def _apply_policy(
        self,
        subscription: Subscription[UnitOfWork],
        event: Event[Any],
        message: RawMessage,
        task: PartitionTask,
    ) -> None:
        """One policy on one event: try until it has its effect, or park it."""
        name, tries, began = subscription.id, 0, time.monotonic()
        while True:
            tries += 1
            try:
                await self.carry_out(subscription, event, ordering_key=(message.topic, message.key))
            except Exception as error:  # noqa: BLE001 - whatever it is, the message may not be lost
                reason = self._reason_to_park(error, tries, time.monotonic() - began)
                if reason is not None:
                    return await self._park(name, message, reason, task)
                log.warning("message_failed", policy=name, error=type(error).__name__, attempt=tries)
            else:
                metrics.consumed.add(1, {"outcome": "done", "topic": message.topic})
                return None
            await task.wait(min(0.05 * 2 ** min(tries, 6), 2.0) * random.uniform(0.7, 1.3))  # noqa: S311

    def _reason_to_park(self, error: Exception, tries: int, seconds: float) -> str | None:
        """Why trying again would not help, or None."""
        if isinstance(error, Blocked):
            return "behind a parked message of its aggregate"
        if isinstance(error, NotYetKnown):
            return f"never became known: {error}" if seconds > self._max_dependency_wait else None
        if isinstance(error, _PASSING) or is_transient(error):
            return (
                f"overdue: {type(error).__name__}"
                if is_overdue(error) and seconds > MAX_OVERDUE_SECONDS
                else None
            )
        if isinstance(error, Refusal):
            return f"refused: {error.slug}"
        return f"failed: {type(error).__name__}" if tries >= TRIES else None

    async def carry_out(
        self,
        subscription: Subscription[UnitOfWork],
        event: Event[Any],
        *,
        ordering_key: tuple[str, str] | None,
    ) -> None:
        """Execute the policy's instruction, claimed by the event's id.

        It waits while a message of its `ordering_key` (topic and key) is parked; None for a replay, which is
        such a message itself.
        """
        instruction = subscription.policy(event)
        if instruction is None:
            return
        failpoints.reach("C1")
        claim = _claim(subscription, event, instruction, ordering_key)
        await self._bus.execute(claim, instruction.handler, instruction.command)

    async def _park(self, consumer: str, message: RawMessage, reason: str, task: PartitionTask) -> None:
        while True:
            try:
                await parking.park(self._database, consumer, message, reason)
                break
            except Exception as error:
                if not is_transient(error):
                    raise
                await task.wait(1.0)
        metrics.consumed.add(1, {"outcome": "parked", "topic": message.topic})
        log.error("message_parked", consumer=consumer, topic=message.topic, reason=reason)


def _claim(
    subscription: Subscription[Any],
    event: Event[Any],
    instruction: Instruction[Any],
    ordering_key: tuple[str, str] | None,
) -> Message:
    return Message(
        subscription.id, str(event.id), instruction.tenants, ordering_key=ordering_key, kind="event"
    )
