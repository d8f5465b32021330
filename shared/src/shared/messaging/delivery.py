"""Event delivery: each message to its policies, until it had its effect or is set aside. None is skipped."""

import asyncio
import contextlib
import copy
import random
import time
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from opentelemetry import trace
from opentelemetry.trace import SpanKind

from shared import failpoints
from shared.bus.command_bus import CommandBus, CommandEnvelope
from shared.bus.inbox import Message
from shared.contracts.envelope import Event, Malformed, UnknownType, UnknownValue
from shared.messaging import positions
from shared.messaging.batches import MAX_EVENTS_PER_BATCH, cut_into_batches
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.parked import ParkedMessages
from shared.messaging.parking import RawMessage
from shared.messaging.policy import Instruction, Subscription
from shared.messaging.reading import EventReader, names
from shared.messaging.verdicts import Aside, verdict
from shared.persistence.database import Database, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.tracing import parent_of

UnitOfWork = TypeVar("UnitOfWork")

# Batches of different partitions at once: while the database works on one the next is computed; more
# would only wait for each other's locks, until a deadline passes.
_MAX_CONCURRENT_BATCHES = 2
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
        batch_size: int = MAX_EVENTS_PER_BATCH,
    ) -> None:
        self.bus = bus
        self.service = service
        self.parked = ParkedMessages(database)
        self._batch_size = batch_size
        self._concurrent = asyncio.Semaphore(_MAX_CONCURRENT_BATCHES)
        self._serve(subscriptions)

    def _serve(self, subscriptions: Sequence[Subscription[UnitOfWork]]) -> None:
        self._subscriptions = subscriptions
        self._by_type: dict[str, list[Subscription[UnitOfWork]]] = {}
        for subscription in subscriptions:
            self._by_type.setdefault(subscription.contract.type, []).append(subscription)
        self.reader = EventReader({s.contract.type: s.contract for s in subscriptions})
        self._batched_types = {
            kind for kind, each in self._by_type.items() if len(each) == 1 and each[0].batch_handler
        }

    def to(self, names: Collection[str]) -> "EventDelivery[UnitOfWork]":
        """The same delivery, to some of the subscriptions alone."""
        some = copy.copy(self)
        some._serve([each for each in self._subscriptions if positions.name_of(each) in names])  # noqa: SLF001
        return some

    async def work_through(self, messages: Sequence[RawMessage], task: PartitionTask) -> int:
        """Deliver a partition's messages in their order; the position after the last one that is done."""
        position = messages[0].position
        left = deque(self.batches(messages))
        with contextlib.suppress(Stopping):
            while left and not task.halt.is_set():
                batch = left.popleft()
                if await self.take(batch, task):
                    position = batch[-1].position + 1
                else:
                    middle = len(batch) // 2
                    left.extendleft((batch[middle:], batch[:middle]))
                task.heartbeat.beat()
        return position

    def batches(self, messages: Iterable[RawMessage]) -> Iterator[Sequence[RawMessage]]:
        """The messages in their order, cut into the batches they are to be delivered in."""
        return cut_into_batches(messages, self._by_type.keys(), self._batched_types, self._batch_size)

    async def take(self, batch: Sequence[RawMessage], task: PartitionTask) -> bool:
        """Whether every message had its effect, says nothing to this service, or was set aside.

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
            events = [(event, message) for message in batch if (event := self.reader.read(message))]
            if events:
                await self._apply_policy_to_batch(events)
                named = (name for event, _ in events for name in names(event))
                await self.parked.wake(named, batch[0].topic)
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
                claim = claim_of(subscription, event, instruction, (message.topic, message.key))
                envelopes[event.id] = CommandEnvelope(
                    claim, instruction.command, origin=parent_of(message.headers)
                )
        if not envelopes or subscription.batch_handler is None:
            return
        async with self._concurrent:
            failpoints.reach("C1")
            outcomes = await self.bus.execute_each(list(envelopes.values()), subscription.batch_handler)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def policies_of(self, consumer: str, event: Event[Any]) -> list[Subscription[UnitOfWork]]:
        """The subscriptions to this event under the name `consumer`: one's own, or the service's for all."""
        return [s for s in self._by_type[event.type] if consumer in (s.id, self.service)]

    async def _take_alone(self, message: RawMessage, task: PartitionTask) -> None:
        started = time.perf_counter()
        try:
            event = self.reader.read(message)
        except (Malformed, UnknownType, UnknownValue) as error:
            if aside := verdict(error, 1, 0.0):
                await self._park(self.service, message, aside, task)
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
        """One policy on one event: try until it has its effect, or set it aside."""
        name, tries, began = subscription.id, 0, time.monotonic()
        while True:
            tries += 1
            try:
                await self.carry_out(subscription, event, ordering_key=(message.topic, message.key))
                await self.parked.wake(names(event), message.topic)
            except Exception as error:  # noqa: BLE001 - whatever it is, the message may not be lost
                if aside := verdict(error, tries, time.monotonic() - began):
                    return await self._park(name, message, aside, task)
                log.warning("message_failed", policy=name, error=type(error).__name__, attempt=tries)
            else:
                metrics.consumed.add(1, {"outcome": "done", "topic": message.topic})
                return None
            await task.wait(min(0.05 * 2 ** min(tries, 6), 2.0) * random.uniform(0.7, 1.3))  # noqa: S311

    async def carry_out(
        self,
        subscription: Subscription[UnitOfWork],
        event: Event[Any],
        *,
        ordering_key: tuple[str, str] | None,
    ) -> None:
        """Execute the policy's instruction, claimed by the event's id.

        It waits while a message of its `ordering_key` (topic and key) is parked; None for one that was parked
        itself.
        """
        instruction = subscription.policy(event)
        if instruction is None:
            return
        failpoints.reach("C1")
        claim = claim_of(subscription, event, instruction, ordering_key)
        await self.bus.execute(claim, instruction.handler, instruction.command)

    async def _park(self, consumer: str, message: RawMessage, aside: Aside, task: PartitionTask) -> None:
        while True:
            try:
                set_aside = await self.parked.park(consumer, message, aside, self.reader.release)
                break
            except Exception as error:
                if not is_transient(error):
                    raise
                await task.wait(1.0)
        outcome = aside.state if set_aside else "lost"
        metrics.consumed.add(1, {"outcome": outcome, "topic": message.topic})
        if not set_aside:
            return
        report = log.error if aside.state == "failed" else log.info
        report("message_parked", consumer=consumer, topic=message.topic, reason=aside.reason)


def claim_of(
    subscription: Subscription[Any],
    event: Event[Any],
    instruction: Instruction[Any],
    ordering_key: tuple[str, str] | None,
) -> Message:
    return Message(
        subscription.id, str(event.id), instruction.tenants, ordering_key=ordering_key, kind="event"
    )
