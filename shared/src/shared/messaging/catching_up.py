"""Catching up: a subscription that is new to its service hears what the others have heard before.

It is served by a reader of its own beside live reading, until it stands where live reading does: only then
does live reading serve it too. So each key's events keep their order, and none is missed in between.
"""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Generic, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from shared.contracts.envelope import Malformed, UnknownType, UnknownValue
from shared.messaging import kafka, positions
from shared.messaging.delivery import EventDelivery, PartitionTask, Stopping
from shared.messaging.parking import RawMessage, raw_message
from shared.messaging.reading import EventReader
from shared.persistence.database import Database, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger

UnitOfWork = TypeVar("UnitOfWork")

_MAX_READ = 500
_MAX_HELD = 500  # messages that live reading is held up for, at most
_IDLE_POLL = 0.05
log = logger(__name__)


@dataclass(slots=True)
class Progress:
    """How far a partition is read live, and which of its subscriptions stand further back.

    `idle` while live reading has none of its messages in hand; while it is `held` it takes up none.
    """

    names: frozenset[str]
    live: int
    behind: dict[str, int] = field(default_factory=dict)
    idle: bool = True
    held: bool = False

    @property
    def served(self) -> frozenset[str]:
        """The subscriptions that live reading serves."""
        return self.names - self.behind.keys()

    def begin(self) -> None:
        """Live reading has messages in hand."""
        self.idle = False

    def reach(self, position: int) -> None:
        """Live reading has done and committed everything before `position`."""
        self.live, self.idle = position, True

    def advance(self, position: int) -> None:
        """Those behind have had everything before `position`."""
        self.behind = {name: max(stands, position) for name, stands in self.behind.items()}


@dataclass(frozen=True, slots=True)
class CatchUp(Generic[UnitOfWork]):
    """Brings the subscriptions that are behind in one partition up to live reading."""

    database: Database
    delivery: EventDelivery[UnitOfWork]
    bootstrap: str
    prefix: str
    partition: TopicPartition
    progress: Progress
    task: PartitionTask
    reader: EventReader  # of the types they hear
    theirs_alone: frozenset[str]  # the types that no other subscription hears
    resume: Callable[[], None]  # takes up live reading again after it was held

    async def run(self, room: asyncio.Semaphore) -> None:
        """Try until nobody is behind, or the work is to end."""
        with contextlib.suppress(Stopping):
            while self.progress.behind:
                async with room:
                    rest = await self._try()
                if rest:
                    await self.task.wait(rest)

    async def _try(self) -> float:
        """Follow live reading; if that fails, the seconds to rest before the next try."""
        try:
            await self._follow()
        except Stopping:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may be left behind
            passing = isinstance(error, KafkaError) or is_transient(error)
            tell = log.warning if passing else log.exception
            tell("catching_up_interrupted", topic=self.partition.topic, error=type(error).__name__)
            return 1.0 if passing else 5.0
        finally:
            if self.progress.held:
                self.progress.held = False
                self.resume()
        return 0.0

    async def _follow(self) -> None:
        """Read behind live reading until both stand at one place, where it takes over."""
        progress = self.progress
        async with kafka.reading(self.bootstrap, self.partition, min(progress.behind.values())) as reader:
            while progress.behind:
                target = progress.live
                await self._read(reader, target)
                if progress.idle and progress.live == target:
                    await positions.keep(
                        self.database, self.partition.partition, progress.behind, behind=False
                    )
                    if progress.idle and progress.live == target:
                        progress.behind = {}
                elif progress.live - target <= _MAX_HELD:
                    progress.held = True
                    while not progress.idle:
                        await self.task.wait(_IDLE_POLL)
        log.info("subscriptions_caught_up", topic=self.partition.topic, partition=self.partition.partition)

    async def _read(self, reader: AIOKafkaConsumer, target: int) -> None:
        """Deliver what lies before `target` to those behind."""
        progress = self.progress
        while (stands := min(progress.behind.values())) < target:
            if self.task.halt.is_set():
                raise Stopping
            found = await reader.getmany(self.partition, timeout_ms=500, max_records=_MAX_READ)
            end = await asyncio.wait_for(reader.position(self.partition), kafka.SEND_DEADLINE)
            records = [record for record in found.get(self.partition, []) if stands <= record.offset < target]
            try:
                await self._deliver(records)
                progress.advance(min(end, target))
            finally:
                await positions.keep(self.database, self.partition.partition, progress.behind, behind=True)
            topic = self.partition.topic.removeprefix(self.prefix)
            left = target - min(progress.behind.values())
            metrics.behind.set(left, {"topic": topic, "partition": self.partition.partition})
            self.task.heartbeat.beat()
        reader.seek(self.partition, target)

    async def _deliver(self, records: list[ConsumerRecord[Any, Any]]) -> None:
        """Deliver each message to those that stand at it or before it. Raises `Stopping`."""
        behind = self.progress.behind

        def due(message: RawMessage) -> frozenset[str]:
            return frozenset(name for name, stands in behind.items() if stands <= message.position)

        messages = [raw_message(record, self.prefix) for record in records]
        for names, group in groupby(filter(self._is_for_them, messages), due):
            some = list(group)
            done = await self.delivery.to(names).work_through(some, self.task)
            self.progress.advance(done)
            if done <= some[-1].position:
                raise Stopping

    def _is_for_them(self, message: RawMessage) -> bool:
        """Whether one of them is to have it; what live reading hears too and could not read is parked."""
        if message.headers.get("ce_type") in self.theirs_alone:
            return message.payload is not None
        try:
            return self.reader.read(message) is not None
        except (UnknownType, UnknownValue, Malformed):
            return False
