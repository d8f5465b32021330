"""The consumer: a service's partitions side by side, each in order, offsets committed by hand."""

import asyncio
import contextlib
import zlib
from collections.abc import Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from shared import failpoints
from shared.bus.command_bus import CommandBus
from shared.messaging import kafka
from shared.messaging.batches import MAX_EVENTS_PER_BATCH
from shared.messaging.delivery import EventDelivery, PartitionTask
from shared.messaging.handover import Handover
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.parking import raw_message
from shared.messaging.policy import Subscription
from shared.messaging.positions import to_metadata
from shared.persistence.database import Database
from shared.telemetry import metrics
from shared.telemetry.logs import logger

UnitOfWork = TypeVar("UnitOfWork")

log = logger(__name__)


class Consumer(Generic[UnitOfWork]):
    """Consumes one service's subscriptions.

    Partitions are worked on side by side, the messages of one partition one after the other:
    while a partition is worked on it is paused, so a slow one never holds up the rest. Messages of
    one batched type share a transaction; where it fails the batch is halved, until the message that
    fails is alone. The offset moves on only when a message had its effect, says nothing to this service,
    or was set aside.
    """

    def __init__(
        self,
        database: Database,
        bus: CommandBus[UnitOfWork],
        subscriptions: Sequence[Subscription[UnitOfWork]],
        bootstrap: str,
        *,
        service: str,
        topic_prefix: str = "",
        instance: str | None = None,
        batch_size: int = MAX_EVENTS_PER_BATCH,
    ) -> None:
        self.service = service
        self.delivery = EventDelivery(
            database,
            bus,
            subscriptions,
            service=service,
            batch_size=batch_size,
        )
        self._prefix = topic_prefix
        self._bootstrap = bootstrap
        self._group = topic_prefix + service
        self._handover = Handover(
            database, self.delivery, subscriptions, bootstrap, group=self._group, prefix=topic_prefix
        )
        self._topics = sorted({topic_prefix + s.contract.topic for s in subscriptions})
        self._instance = _member(instance, self._topics) if instance else None
        self._working: dict[TopicPartition, asyncio.Task[int]] = {}
        self._late: set[asyncio.Task[int]] = set()
        self._in_progress: dict[TopicPartition, PartitionTask] = {}
        # A service without subscriptions has nothing to be stuck in.
        self._heartbeat = Heartbeat("consumer", limit=60.0 if self._topics else float("inf"))
        self._stopping = asyncio.Event()
        self._halt = asyncio.Event()  # finish the messages in hand and begin no other
        self._joined = False
        self._task: asyncio.Task[None] | None = None

    @property
    def heartbeat(self) -> Heartbeat:
        """Of the loop, or of the partition whose message has been in hand longest."""
        tasks = (task.heartbeat for task in self._in_progress.values())
        return max((self._heartbeat, *tasks, *self._handover.heartbeats), key=lambda each: each.idle_seconds)

    async def start(self) -> None:
        if self._topics:
            self._task = asyncio.create_task(self._keep_consuming(), name="consumer")

    async def stop(self) -> None:
        """Finish the messages in hand, commit their offsets, leave the group."""
        self._stopping.set()
        self._halt.set()
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
                await self._rest(1.0)
            except Exception:
                log.exception("consumer_failed")
                await self._rest(5.0)

    async def _consume(self) -> None:
        client = kafka.consumer(self._bootstrap, self._group, self.service, self._instance)
        client.subscribe(self._topics, listener=_Rebalance(self, client))
        watch = kafka.Watch(client)
        try:
            self.take_over()
            await asyncio.wait_for(client.start(), kafka.SEND_DEADLINE)
            while not self._stopping.is_set():
                batches = await client.getmany(timeout_ms=10 if self._working else 200)
                if self._handover.lacks(client.assignment()):
                    batches = await self._take_on(client, batches)
                for partition, records in batches.items():
                    client.pause(partition)
                    self._handover[partition].begin()
                    work = self._work_through(partition, records, self._handover.delivery(partition))
                    self._working[partition] = asyncio.create_task(work)
                await self._collect(client)
                await watch.look(busy=bool(batches or self._working))
                self._heartbeat.beat()
            await self.hand_over(client)
        finally:
            self._halt.set()
            await self._settle()
            self._leave_unfinished()
            await self._handover.let_go()
            await kafka.stop_quietly(client)

    async def _take_on(
        self, client: AIOKafkaConsumer, batches: dict[TopicPartition, list[ConsumerRecord[Any, Any]]]
    ) -> dict[TopicPartition, list[ConsumerRecord[Any, Any]]]:
        """Learn who is behind in partitions that are new here.

        None of the batches where the group moved on meanwhile: whoever has their partitions reads them again.
        """
        halt = self._halt
        while self._handover.lacks(client.assignment()) and not self._stopping.is_set():
            await self._handover.take_on(client.assignment(), self._halt, partial(self._resume, client))
        return {} if halt.is_set() else batches

    def _resume(self, client: AIOKafkaConsumer, partition: TopicPartition) -> None:
        """Take up a partition again, unless its messages are in hand."""
        if partition in client.assignment() and partition not in self._working:
            client.resume(partition)

    def waiting_for_group(self) -> str | None:
        """What keeps the consumer from working, or None: it has its partitions, or needs none."""
        if self._topics and not self._joined:
            return "the group has not assigned its partitions yet"
        return None

    def take_over(self) -> None:
        """Work on what the group gives: after a start, and after each rebalance."""
        if not self._stopping.is_set():
            self._halt = asyncio.Event()

    def join(self) -> None:
        """The group has assigned this member its partitions."""
        self._joined = True
        self.take_over()

    async def hand_over(self, client: AIOKafkaConsumer) -> None:
        """Finish the messages in hand and commit: whoever has the partitions next begins behind them."""
        self._halt.set()
        await self._settle()
        done = {p: task.result() for p, task in self._working.items() if task.done() and not task.exception()}
        self._leave_unfinished()
        try:
            await self._commit(client, done)
        except (KafkaError, TimeoutError) as error:
            log.warning("commit_failed", error=type(error).__name__)
        await self._handover.let_go()

    def _leave_unfinished(self) -> None:
        """What is unfinished finishes by itself: its claim keeps the next owner from doing it too."""
        for task in self._working.values():
            self._late.add(task)
            task.add_done_callback(self._late.discard)
        self._working.clear()

    async def _settle(self) -> None:
        """Wait for the messages in hand."""
        if self._working:
            await asyncio.wait(self._working.values(), timeout=kafka.STOP_DEADLINE)

    async def _collect(self, client: AIOKafkaConsumer) -> None:
        """Commit what is done and take up the partitions again."""
        if self._working:
            await asyncio.wait(self._working.values(), timeout=0.02, return_when=asyncio.FIRST_COMPLETED)
        done = {p: self._working.pop(p).result() for p, t in list(self._working.items()) if t.done()}
        if not done or not await self._commit(client, done):
            return
        for partition, position in done.items():
            if partition in client.assignment():
                progress = self._handover[partition]
                progress.reach(position)
                if not progress.held:
                    client.resume(partition)
                behind = max(0, (client.highwater(partition) or position) - position)
                name = partition.topic.removeprefix(self._prefix)
                metrics.lag.set(behind, {"topic": name, "partition": partition.partition})

    async def _commit(self, client: AIOKafkaConsumer, done: dict[TopicPartition, int]) -> bool:
        """Commit exactly these offsets, and for whom; False where the group has moved on in between."""
        mine = {
            partition: (position, to_metadata(self._handover[partition].served))
            for partition, position in done.items()
            if partition in client.assignment()
        }
        if not mine:
            return False
        try:
            await asyncio.wait_for(client.commit(mine), kafka.SEND_DEADLINE)
        except (CommitFailedError, IllegalStateError):
            # Their new owner reads these messages again, and the inbox drops them.
            log.warning("commit_refused", count=len(mine))
            return False
        return True

    async def _work_through(
        self,
        partition: TopicPartition,
        records: list[ConsumerRecord[Any, Any]],
        delivery: EventDelivery[UnitOfWork],
    ) -> int:
        """Work through one partition's records; the offset after the last one that is done."""
        task = self._in_progress[partition] = PartitionTask(
            Heartbeat(f"consumer of {partition.topic}"), self._halt
        )
        try:
            return await delivery.work_through([raw_message(each, self._prefix) for each in records], task)
        finally:
            if self._in_progress.get(partition) is task:
                del self._in_progress[partition]

    async def _rest(self, seconds: float) -> None:
        """Wait, or until stopping."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _member(name: str, topics: Sequence[str]) -> str:
    """A worker's name in its group, another one for other topics.

    One that comes again under its name has the partitions it had, and no one looks at what it wants to hear:
    with a topic more it would hear nothing of that.
    """
    return f"{name}-{zlib.crc32(' '.join(topics).encode()):08x}"


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(self, consumer: Consumer[Any], client: AIOKafkaConsumer) -> None:
        self._consumer = consumer
        self._client = client

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        if revoked:
            failpoints.reach("C5")
        await self._consumer.hand_over(self._client)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:  # noqa: ARG002
        # A member may rightly get none while others have all: it is ready all the same.
        self._consumer.join()
