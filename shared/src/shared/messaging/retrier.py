"""The retrier: takes parked messages up again by itself, each key in order, however late the facts come."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shared.bus.command_bus import CommandEnvelope
from shared.contracts.envelope import Event
from shared.messaging.delivery import EventDelivery, claim_of
from shared.messaging.heartbeat import Heartbeat, go_round
from shared.messaging.parked import Parked, Rest
from shared.messaging.parking import FIRST_REST
from shared.messaging.policy import Instruction, Subscription, in_turn
from shared.messaging.reading import names
from shared.messaging.verdicts import Aside, verdict
from shared.persistence.database import is_overdue, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger
from shared.telemetry.tracing import parent_of

UnitOfWork = TypeVar("UnitOfWork")

CLAIMED = 400  # messages in one round
BATCH = 50  # messages of one subscription that share a transaction
TICK, SOON = 1.0, 0.1  # seconds after a round that found nothing due: while nothing waits, and while some do
LONGEST_REST = 3600.0
# How much longer each rest is than the one before; what its fact will wake need hardly be tried without it.
_GROWTH, _GROWTH_WOKEN = 2, 4
log = logger(__name__)


@dataclass(slots=True)
class _Work(Generic[UnitOfWork]):
    """A parked message, the event it is, and the policies that take it."""

    parked: Parked
    event: Event[Any]
    policies: Sequence[Subscription[UnitOfWork]]


@dataclass(slots=True)
class _Outcome:
    """What became of claimed messages; one in neither list is claimed again when its lease ends."""

    settled: list[Parked] = field(default_factory=list)
    rested: list[Rest] = field(default_factory=list)
    said: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # by topic, the ids named


class Retrier(Generic[UnitOfWork]):
    """Takes up what is due and the first of its key, at once while there is more.

    Any number may run: a message is claimed by one of them, and the inbox lets it take effect once. Messages
    of one subscription share transactions; where one fails, each is tried alone. One that still cannot be
    taken rests longer each time, up to an hour, unless the fact it needs comes first.
    """

    def __init__(self, delivery: EventDelivery[UnitOfWork], *, first_rest: float = FIRST_REST) -> None:
        self._delivery = delivery
        self._parked = delivery.parked
        self._first_rest = first_rest
        self._stopping = asyncio.Event()
        self._heartbeats = Heartbeat("retrier"), Heartbeat("parked messages")
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def heartbeat(self) -> Heartbeat:
        """Of the loop that went round longest ago."""
        return max(self._heartbeats, key=lambda each: each.idle_seconds)

    async def start(self) -> None:
        work = (
            (self._retry_on, lambda: SOON if self._parked.any_waiting else TICK),
            (self._look, lambda: TICK),
        )
        self._tasks = [
            asyncio.create_task(go_round(self._stopping, beat, each, rest), name=beat.name)
            for beat, (each, rest) in zip(self._heartbeats, work, strict=True)
        ]

    async def stop(self) -> None:
        self._stopping.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def retry(self) -> int:
        """One round over what is due; how many messages were claimed."""
        claimed = await self._parked.claim(CLAIMED)
        by_consumer: dict[str, list[Parked]] = defaultdict(list)
        for each in claimed:
            by_consumer[each.consumer].append(each)
        for same in by_consumer.values():
            for first in range(0, len(same), BATCH):
                if self._stopping.is_set():
                    return len(claimed)
                await self._take_up(same[first : first + BATCH])
                self._heartbeats[0].beat()
        return len(claimed)

    async def _retry_on(self) -> bool:
        return await self.retry() > 0

    async def _look(self) -> bool:
        """Measure what waits, and take over what another release could not read."""
        await self._parked.take_over(self._delivery.reader.release)
        for name, (count, seconds) in (await self._parked.state()).items():
            metrics.parked.set(count, {"state": name})
            metrics.parked_oldest.set(seconds, {"state": name})
        return False

    async def _take_up(self, batch: Sequence[Parked]) -> None:
        outcome = _Outcome()
        works = [work for parked in batch if (work := self._read(parked, outcome))]
        if len(works) < 2 or not await self._together(works, outcome):
            for work in works:
                await self._alone(work, outcome)
        await self._parked.settle(outcome.settled)
        await self._parked.rest(outcome.rested, self._delivery.reader.release)
        for topic, named in outcome.said.items():
            await self._parked.wake(named, topic)
        moved_on = {each.needs for each in outcome.settled}
        moved_on |= {each.parked.needs for each in outcome.rested if each.aside.needs != each.parked.needs}
        await self._parked.wake(moved_on)

    def _read(self, parked: Parked, outcome: _Outcome) -> _Work[UnitOfWork] | None:
        try:
            event = self._delivery.reader.read(parked.message)
        except Exception as error:  # noqa: BLE001 - it stays parked, whatever it was
            self._rest(parked, error, outcome)
            return None
        if event is None:  # what was unknown turns out to say nothing to this service
            outcome.settled.append(parked)
            return None
        policies = self._delivery.policies_of(parked.consumer, event)
        if not policies:
            aside = Aside("failed", "no subscription of this name")
            outcome.rested.append(Rest(parked, aside, 0.0, parked.attempts))
            return None
        return _Work(parked, event, policies)

    async def _together(self, works: Sequence[_Work[UnitOfWork]], outcome: _Outcome) -> bool:
        """Whether one transaction served all. If not, nothing is known of any: the commit may be lost."""
        instructions: list[Instruction[Any]] = []
        envelopes: list[CommandEnvelope[Any, Any]] = []
        try:
            for work in works:
                for subscription in work.policies:
                    if instruction := subscription.policy(work.event):
                        claim = claim_of(subscription, work.event, instruction, None)
                        origin = parent_of(work.parked.message.headers)
                        envelopes.append(CommandEnvelope(claim, instruction.command, origin=origin))
                        instructions.append(instruction)
            results = (
                await self._delivery.bus.execute_each(envelopes, in_turn(instructions)) if envelopes else []
            )
        except Exception as error:
            if is_transient(error) and not is_overdue(error):
                raise
            return False
        if any(isinstance(result, Exception) for result in results):
            return False  # another worker has one of them in hand
        for work in works:
            _settled(work, outcome)
        return True

    async def _alone(self, work: _Work[UnitOfWork], outcome: _Outcome) -> None:
        try:
            for subscription in work.policies:
                await self._delivery.carry_out(subscription, work.event, ordering_key=None)
        except Exception as error:
            if is_transient(error) and not is_overdue(error):
                raise
            self._rest(work.parked, error, outcome)
        else:
            _settled(work, outcome)

    def _rest(self, parked: Parked, error: Exception, outcome: _Outcome) -> None:
        trying = f"trying again: {type(error).__name__}"
        aside = verdict(error, 1, 0.0)
        reason = aside.reason if aside else trying
        attempts = parked.attempts + 1 if reason == parked.reason else 1
        aside = aside or verdict(error, attempts, 0.0) or Aside("waiting", reason)
        growth = _GROWTH_WOKEN if aside.needs else _GROWTH
        seconds = min(self._first_rest * growth ** min(attempts, 30), LONGEST_REST)
        jitter = random.uniform(1.0, 1.2)  # noqa: S311
        outcome.rested.append(Rest(parked, aside, seconds * jitter, attempts))
        if aside.state == "failed":
            log.error("message_parked", consumer=parked.consumer, topic=parked.message.topic, reason=reason)


def _settled(work: _Work[Any], outcome: _Outcome) -> None:
    outcome.settled.append(work.parked)
    outcome.said[work.parked.message.topic] |= names(work.event)
    metrics.consumed.add(1, {"outcome": "done", "topic": work.parked.message.topic})
