"""Handover: what this process takes on with the partitions it is given, and who serves which subscription."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Generic, TypeVar

from aiokafka import TopicPartition

from shared.messaging import kafka, positions
from shared.messaging.catching_up import CatchUp, Progress
from shared.messaging.delivery import EventDelivery, PartitionTask
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.policy import Subscription
from shared.messaging.positions import Position
from shared.messaging.reading import EventReader
from shared.persistence.database import Database
from shared.telemetry.logs import logger

UnitOfWork = TypeVar("UnitOfWork")

_MAX_CONCURRENT = 4  # partitions that are caught up at once: live reading goes first
log = logger(__name__)


class Handover(Generic[UnitOfWork]):
    """Looks, for each partition that is given to this process, which subscriptions are behind in it."""

    def __init__(
        self,
        database: Database,
        delivery: EventDelivery[UnitOfWork],
        subscriptions: Sequence[Subscription[UnitOfWork]],
        bootstrap: str,
        *,
        group: str,
        prefix: str,
    ) -> None:
        self._database, self._delivery = database, delivery
        self._bootstrap, self._group, self._prefix = bootstrap, group, prefix
        self._by_topic: dict[str, dict[str, Subscription[UnitOfWork]]] = {}
        for each in subscriptions:
            self._by_topic.setdefault(prefix + each.contract.topic, {})[positions.name_of(each)] = each
        for named in self._by_topic.values():
            positions.to_metadata(named)  # too many are refused here, before the first commit
        self._progress: dict[TopicPartition, Progress] = {}
        self._tasks: dict[TopicPartition, tuple[PartitionTask, asyncio.Task[None]]] = {}
        self._room = asyncio.Semaphore(_MAX_CONCURRENT)

    def __getitem__(self, partition: TopicPartition) -> Progress:
        return self._progress[partition]

    def delivery(self, partition: TopicPartition) -> EventDelivery[UnitOfWork]:
        """Delivery to the subscriptions that live reading serves in a partition."""
        progress = self._progress[partition]
        return self._delivery.to(progress.served) if progress.behind else self._delivery

    @property
    def heartbeats(self) -> list[Heartbeat]:
        return [task.heartbeat for task, running in self._tasks.values() if not running.done()]

    def lacks(self, partitions: Collection[TopicPartition]) -> bool:
        """Whether one of these is not taken on yet."""
        return not self._progress.keys() >= set(partitions)

    async def take_on(
        self,
        partitions: Collection[TopicPartition],
        halt: asyncio.Event,
        resume: Callable[[TopicPartition], None],
    ) -> None:
        """Find who is behind in these partitions, and bring them up until `halt`."""
        new = set(partitions) - self._progress.keys()
        committed = await kafka.committed(self._bootstrap, self._group, new)
        rows = await positions.stored(self._database)
        found = {
            partition: await self._enter(
                # What nobody has read is read from its beginning, for all.
                partition,
                committed.get(partition, (0, "")),
                rows.get(partition.partition, {}),
            )
            for partition in sorted(new)
        }
        if halt.is_set():
            return  # the group has moved on meanwhile
        self._progress |= found
        for partition, progress in found.items():
            if progress.behind:
                self._begin(partition, progress, halt, partial(resume, partition))

    async def let_go(self) -> None:
        """After `halt`: wait for the messages in hand, and know of no partition any more."""
        running = [running for _, running in self._tasks.values()]
        self._progress.clear()
        self._tasks.clear()
        if running:
            await asyncio.wait(running, timeout=kafka.STOP_DEADLINE)

    async def _enter(
        self, partition: TopicPartition, committed: tuple[int, str], rows: dict[str, Position]
    ) -> Progress:
        """Where the subscriptions to a partition stand, after what its group has committed."""
        mine = self._by_topic[partition.topic]
        offset, served = committed[0], set(committed[1].split())
        stand = {
            name: rows[name].at if name in rows else 0 if mine[name].from_the_beginning else offset
            for name in mine.keys() - served
        }
        behind = {name: at for name, at in stand.items() if at < offset}
        # A release that knew more has been here: this one goes on without those.
        left_behind = dict.fromkeys(served - mine.keys(), offset)
        await self._note(partition, behind | left_behind, rows, behind=True)
        await self._note(partition, {n: stand[n] for n in stand.keys() - behind}, rows, behind=False)
        return Progress(frozenset(mine), offset, behind)

    async def _note(
        self, partition: TopicPartition, stand: dict[str, int], rows: dict[str, Position], *, behind: bool
    ) -> None:
        """Keep those of which the rows say something else."""
        changed = {name: at for name, at in stand.items() if rows.get(name) != Position(at, behind)}
        await positions.keep(self._database, partition.partition, changed, behind=behind)

    def _begin(
        self, partition: TopicPartition, progress: Progress, halt: asyncio.Event, resume: Callable[[], None]
    ) -> None:
        log.info(
            "subscriptions_behind",
            topic=partition.topic,
            partition=partition.partition,
            count=len(progress.behind),
        )
        task = PartitionTask(Heartbeat(f"catching up in {partition.topic}"), halt)
        mine = self._by_topic[partition.topic]
        catch_up = CatchUp(
            self._database,
            self._delivery,
            self._bootstrap,
            self._prefix,
            partition,
            progress,
            task,
            EventReader({mine[name].contract.type: mine[name].contract for name in progress.behind}),
            frozenset(
                {mine[name].contract.type for name in progress.behind}
                - {mine[name].contract.type for name in progress.served}
            ),
            resume,
        )
        self._tasks[partition] = task, asyncio.create_task(catch_up.run(self._room))
