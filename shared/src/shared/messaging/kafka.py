"""Kafka clients as this house uses them: acks from all, explicit offsets, bounded waits."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Collection, Iterable, Sequence

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

REQUEST_TIMEOUT_MS = 10_000
MAX_BATCH_BYTES = 262_144
SEND_DEADLINE = 15.0
STOP_DEADLINE = 10.0
QUIET = 15.0  # seconds without a message after which the broker is asked whether any are waiting


def producer(bootstrap: str, client_id: str) -> AIOKafkaProducer:
    """A producer that a leader change can neither reorder nor duplicate."""
    return AIOKafkaProducer(
        bootstrap_servers=bootstrap,
        client_id=client_id,
        acks="all",
        enable_idempotence=True,
        compression_type="lz4",
        max_batch_size=MAX_BATCH_BYTES,
        linger_ms=0,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )


def consumer(bootstrap: str, group: str, client_id: str, instance: str | None = None) -> AIOKafkaConsumer:
    """A consumer that commits nothing by itself and starts at the beginning.

    Under the `instance` name of one that was killed it has that one's partitions at once; without a
    name the group waits for the dead until its session ends.
    """
    return AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        group_instance_id=instance,
        client_id=client_id,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        max_poll_records=500,
        max_poll_interval_ms=120_000,
        session_timeout_ms=10_000,
        heartbeat_interval_ms=2_000,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
        metadata_max_age_ms=30_000,
    )


@contextlib.asynccontextmanager
async def bystander(bootstrap: str, group: str | None = None) -> AsyncIterator[AIOKafkaConsumer]:
    """A started client in no group's turn: it reads what it assigns itself, or commits for a group."""
    client = AIOKafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=100,
        request_timeout_ms=REQUEST_TIMEOUT_MS,
    )
    try:
        await asyncio.wait_for(client.start(), SEND_DEADLINE)
        yield client
    finally:
        await stop_quietly(client)


@contextlib.asynccontextmanager
async def reading(
    bootstrap: str, partition: TopicPartition, position: int
) -> AsyncIterator[AIOKafkaConsumer]:
    """A reader of one partition, outside every group, from a position or from the first that is kept."""
    async with bystander(bootstrap) as reader:
        reader.assign([partition])
        reader.seek(partition, position)
        yield reader


async def committed(
    bootstrap: str, group: str, partitions: Collection[TopicPartition]
) -> dict[TopicPartition, tuple[int, str]]:
    """The offset and the metadata of a group's last commit, of the partitions that have one."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=REQUEST_TIMEOUT_MS)
    try:
        async with asyncio.timeout(SEND_DEADLINE):
            await admin.start()
            found = await admin.list_consumer_group_offsets(group, partitions=list(partitions))
    finally:
        await admin.close()
    return {partition: (at.offset, at.metadata) for partition, at in found.items() if at.offset >= 0}


class Watch:
    """Notices a client that is alive and deaf (aiokafka issue 1154), so that a new one takes its place."""

    def __init__(self, client: AIOKafkaConsumer) -> None:
        self._client = client
        self._asked_at = time.monotonic()
        self._ends: dict[TopicPartition, int] = {}

    async def look(self, *, busy: bool) -> None:
        """Raise `KafkaError` where messages have been waiting since the last look."""
        if busy:
            self._asked_at, self._ends = time.monotonic(), {}
            return
        partitions = self._client.assignment()
        if not partitions or time.monotonic() - self._asked_at < QUIET:
            return
        for partition in partitions & self._ends.keys():
            position = await asyncio.wait_for(self._client.position(partition), SEND_DEADLINE)
            if position < self._ends[partition]:
                raise KafkaError("messages wait in the log that the client does not give")
        self._ends = await asyncio.wait_for(self._client.end_offsets(partitions), SEND_DEADLINE)
        self._asked_at = time.monotonic()


async def stop_quietly(client: AIOKafkaConsumer | AIOKafkaProducer) -> None:
    """Stop a client within a deadline; after it nothing of the client goes on, sent or not.

    `AIOKafkaConsumer.stop()` raises a CancelledError nobody sent when the leader is away
    (aiokafka issue 647), so it runs in a task of its own.
    """
    task = asyncio.create_task(client.stop())
    done, _ = await asyncio.wait({task}, timeout=STOP_DEADLINE)
    if not done:
        task.cancel()
        if isinstance(client, AIOKafkaProducer):
            await abandon(client)
    await asyncio.gather(task, return_exceptions=True)


async def abandon(producer: AIOKafkaProducer) -> None:
    """End a producer at once: what it has not sent is not sent."""
    # Its stop() waits for the broker for as long as that is away, and cancelled leaves the sender behind:
    # old batches would be sent in the middle of what the next producer sends.
    sender = producer._sender.sender_task  # noqa: SLF001 - there is no public way
    if sender is not None:
        sender.cancel()
    closing = asyncio.create_task(producer.client.close())
    await asyncio.wait({closing} | ({sender} if sender else set()), timeout=STOP_DEADLINE)


def header_pairs(headers: Iterable[tuple[str, str]]) -> Sequence[tuple[str, bytes]]:
    """Headers as the client wants them."""
    return [(name, value.encode()) for name, value in headers]
