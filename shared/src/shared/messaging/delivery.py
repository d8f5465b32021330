"""The delivery: messages to their policies, until each had its effect or is parked. Nothing is skipped."""

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
from shared.command_bus import CommandBus, Order, OutcomeUnknown
from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, Malformed, UnknownType, from_message
from shared.kernel import ConcurrentChange, NotYetKnown, Refusal
from shared.messaging import parking
from shared.messaging.inbox import Blocked, InFlight, Message
from shared.messaging.parking import RawMessage
from shared.messaging.policy import Instruction, Subscription
from shared.messaging.progress import Progress
from shared.messaging.runs import TOGETHER, runs
from shared.persistence.database import Database, is_overdue, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.tracing import parent_of

Work = TypeVar("Work")

PATIENCE = 20.0  # seconds an event waits for another topic to catch up, before it is parked
TRIES = 4  # tries of a message that fails for no reason we know, before it is parked
STUBBORN = 300.0  # seconds a message's own work may run into the database's deadlines, before it is parked
# Transactions for many, of different partitions: while the database works on one the next is computed;
# more would only wait for each other's locks, until a deadline passes.
_ABREAST = 2
# What passes by itself: another process has the message, another change was quicker, an answer was lost.
_PASSING = (InFlight, ConcurrentChange, OutcomeUnknown)
log = logger(__name__)
_tracer = trace.get_tracer("wex.consumer")


class LetGo(Exception):  # noqa: N818 - ends a partition's work; its message is read again
    """The message in hand is left to whoever reads it next."""


@dataclass(frozen=True, slots=True)
class Hand:
    """One partition's work: how long its message has been in hand, and whether to let go of it."""

    progress: Progress
    halt: asyncio.Event

    async def wait(self, seconds: float) -> None:
        """Wait before another try. Raises `LetGo` as soon as the work is to end."""
        self.progress.made()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.halt.wait(), seconds)
            raise LetGo


class Delivery(Generic[Work]):
    """Carries messages to one service's policies."""

    def __init__(
        self,
        database: Database,
        bus: CommandBus[Work],
        subscriptions: Sequence[Subscription[Work]],
        *,
        service: str,
        patience: float = PATIENCE,
        together: int = TOGETHER,
    ) -> None:
        self._database = database
        self._bus = bus
        self._service = service
        self._patience = patience
        self._by_type: dict[str, list[Subscription[Work]]] = {}
        for subscription in subscriptions:
            self._by_type.setdefault(subscription.contract.type, []).append(subscription)
        self._known: dict[str, type[Contract]] = {s.contract.type: s.contract for s in subscriptions}
        self._together = {kind for kind, each in self._by_type.items() if len(each) == 1 and each[0].together}
        self._most = together
        self._abreast = asyncio.Semaphore(_ABREAST)

    def runs(self, messages: Iterable[RawMessage]) -> Iterator[Sequence[RawMessage]]:
        """The messages as they are to be taken: in their order, some side by side together."""
        return runs(messages, self._known.keys(), self._together, self._most)

    async def take(self, run: Sequence[RawMessage], hand: Hand) -> bool:
        """Whether every message had its effect, was passed as unknown, or was parked. Raises `LetGo`.

        If not, they are to be taken again, fewer together; one alone is never left.
        """
        if len(run) > 1:
            return await self._take_together(run)
        await self._take_alone(run[0], hand)
        return True

    async def _take_together(self, run: Sequence[RawMessage]) -> bool:
        """Whether one transaction did for all. If not, nothing is known of any: its commit may be lost."""
        began = time.perf_counter()
        try:
            events = [(event, message) for message in run if (event := self._read(message))]
            if events:
                await self._obey_together(events)
        except Exception as error:  # noqa: BLE001 - each meets it again, in the end alone
            log.warning("messages_failed_together", error=type(error).__name__, count=len(run))
            return False
        seconds = time.perf_counter() - began
        for event, message in events:
            metrics.consumed.add(1, {"outcome": "done", "topic": message.topic})
            metrics.consume_seconds.record(seconds, {"type": event.type})
        return True

    async def _obey_together(self, events: Sequence[tuple[Event[Any], RawMessage]]) -> None:
        """The one policy of these events' type on all of them; the same event given twice counts once."""
        (subscription,) = self._by_type[events[0][0].type]
        orders: dict[UUID, Order[Any, Any]] = {}
        for event, message in events:
            instruction = subscription.policy(event)
            if instruction is not None:
                claim = _claim(subscription, event, instruction, (message.topic, message.key))
                orders[event.id] = Order(claim, instruction.command, origin=parent_of(message.headers))
        if not orders or subscription.together is None:
            return
        async with self._abreast:
            failpoints.reach("C1")
            outcomes = await self._bus.execute_each(list(orders.values()), subscription.together)
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome

    def _read(self, message: RawMessage) -> Event[Any] | None:
        """The message's event, None where it says nothing to this service. Raises `Malformed`."""
        if message.payload is None:
            return None  # a tombstone is for the log; the erasure itself is an event of its own
        try:
            return from_message(message.header_pairs, message.payload, self._known)
        except UnknownType:
            metrics.consumed.add(1, {"outcome": "unknown", "topic": message.topic})
            return None

    async def _take_alone(self, message: RawMessage, hand: Hand) -> None:
        started = time.perf_counter()
        try:
            event = self._read(message)
        except Malformed as error:
            await self._park(self._service, message, f"malformed: {error}", hand)
            return
        if event is None:
            return
        with _tracer.start_as_current_span(
            f"process {event.type}", context=parent_of(message.headers), kind=SpanKind.CONSUMER
        ) as span:
            span.set_attribute("messaging.destination.name", message.topic)
            for subscription in self._by_type[event.type]:
                await self._obey(subscription, event, message, hand)
        metrics.consume_seconds.record(time.perf_counter() - started, {"type": event.type})

    async def _obey(
        self, subscription: Subscription[Work], event: Event[Any], message: RawMessage, hand: Hand
    ) -> None:
        """One policy on one event: try until it has its effect, or park it."""
        name, tries, began = subscription.id, 0, time.monotonic()
        while True:
            tries += 1
            try:
                await self.carry_out(subscription, event, lane=(message.topic, message.key))
            except Exception as error:  # noqa: BLE001 - whatever it is, the message may not be lost
                reason = self._reason_to_park(error, tries, time.monotonic() - began)
                if reason is not None:
                    return await self._park(name, message, reason, hand)
                log.warning("message_failed", policy=name, error=type(error).__name__, attempt=tries)
            else:
                metrics.consumed.add(1, {"outcome": "done", "topic": message.topic})
                return None
            await hand.wait(min(0.05 * 2 ** min(tries, 6), 2.0) * random.uniform(0.7, 1.3))  # noqa: S311

    def _reason_to_park(self, error: Exception, tries: int, seconds: float) -> str | None:
        """Why trying again would not help, or None."""
        if isinstance(error, Blocked):
            return "behind a parked message of its aggregate"
        if isinstance(error, NotYetKnown):
            return f"never became known: {error}" if seconds > self._patience else None
        if isinstance(error, _PASSING) or is_transient(error):
            return f"overdue: {type(error).__name__}" if is_overdue(error) and seconds > STUBBORN else None
        if isinstance(error, Refusal):
            return f"refused: {error.slug}"
        return f"failed: {type(error).__name__}" if tries >= TRIES else None

    async def carry_out(
        self, subscription: Subscription[Work], event: Event[Any], *, lane: tuple[str, str] | None
    ) -> None:
        """Send the policy's instruction through the door, claimed by the event's id.

        It waits behind a parked message of its `lane` (topic and key); None when it is one of them itself.
        """
        instruction = subscription.policy(event)
        if instruction is None:
            return
        failpoints.reach("C1")
        claim = _claim(subscription, event, instruction, lane)
        await self._bus.execute(claim, instruction.handler, instruction.command)

    async def _park(self, consumer: str, message: RawMessage, reason: str, hand: Hand) -> None:
        while True:
            try:
                await parking.park(self._database, consumer, message, reason)
                break
            except Exception as error:
                if not is_transient(error):
                    raise
                await hand.wait(1.0)
        metrics.consumed.add(1, {"outcome": "parked", "topic": message.topic})
        log.error("message_parked", consumer=consumer, topic=message.topic, reason=reason)


def _claim(
    subscription: Subscription[Any],
    event: Event[Any],
    instruction: Instruction[Any],
    lane: tuple[str, str] | None,
) -> Message:
    return Message(subscription.id, str(event.id), instruction.tenants, lane=lane)
