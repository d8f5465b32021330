"""The log by time: what was said since a moment, and a group that reads again from one."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import CommitFailedError

from shared.messaging import kafka
from shared.messaging.positions import to_metadata
from shared.messaging.topics import partitions_of

_LEFT_WITHIN = 30.0  # a worker with a name that was killed is missed by its group only after ten seconds


class GroupAtWorkError(Exception):
    """The group still has members: they would go on from where they are."""


async def said_since(
    bootstrap: str, topics: Iterable[str], moment: datetime
) -> AsyncIterator[ConsumerRecord[Any, Any]]:
    """The records of these topics from a moment on, as far as they reach now; each partition in its order."""
    async with _reading(bootstrap, topics) as (client, partitions):
        offsets, ends = await _from(client, partitions, moment), await client.end_offsets(partitions)
        client.assign(partitions)
        for partition, offset in offsets.items():
            client.seek(partition, offset)
        while behind := [p for p in partitions if await client.position(p) < ends[p]]:
            batches = await asyncio.wait_for(client.getmany(*behind, timeout_ms=1_000), kafka.SEND_DEADLINE)
            for records in batches.values():
                for record in records:
                    yield record


async def rewind(
    bootstrap: str,
    group: str,
    topics: Iterable[str],
    moment: datetime,
    up_to_date: Mapping[int, Collection[str]],
) -> int:
    """Let a group that nobody is in read again what was said from a moment on; how many messages that is.

    Where it has not come so far yet it stays where it is. Of the subscriptions that a commit names only those
    stay named that were `up_to_date` in that partition: the others go on from where their rows say.
    Raises `GroupAtWorkError`.
    """
    async with _reading(bootstrap, topics, group) as (client, partitions):
        again = 0
        earlier: dict[TopicPartition, tuple[int, str]] = {}
        committed = await kafka.committed(bootstrap, group, partitions)
        for partition, offset in (await _from(client, partitions, moment)).items():
            stands, served = committed.get(partition, (0, ""))
            names = to_metadata(set(served.split()) & set(up_to_date.get(partition.partition, ())))
            if offset < stands or names != served:
                earlier[partition] = min(offset, stands), names
                again += max(0, stands - offset)
        if earlier:
            client.assign(list(earlier))
            await _commit(client, group, earlier)
    return again


async def _commit(
    client: AIOKafkaConsumer, group: str, offsets: dict[TopicPartition, tuple[int, str]]
) -> None:
    try:
        async with asyncio.timeout(_LEFT_WITHIN):
            while True:
                with contextlib.suppress(CommitFailedError):
                    await client.commit(offsets)
                    return
                await asyncio.sleep(1.0)
    except TimeoutError:
        raise GroupAtWorkError(group) from None


async def _from(
    client: AIOKafkaConsumer, partitions: list[TopicPartition], moment: datetime
) -> dict[TopicPartition, int]:
    """The first offset of each partition at or after the moment: its end where there is none."""
    asked = dict.fromkeys(partitions, max(0, int(moment.timestamp() * 1000)))
    found, ends = await client.offsets_for_times(asked), await client.end_offsets(partitions)
    return {p: found[p].offset if found.get(p) else ends[p] for p in partitions}


@contextlib.asynccontextmanager
async def _reading(
    bootstrap: str, topics: Iterable[str], group: str | None = None
) -> AsyncIterator[tuple[AIOKafkaConsumer, list[TopicPartition]]]:
    """A client that is in no group's turn, and the partitions of the topics."""
    partitions = await partitions_of(bootstrap, topics)
    async with kafka.bystander(bootstrap, group) as client:
        yield client, partitions
