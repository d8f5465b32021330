"""Hearing again: what the log still keeps is delivered once more, beside the worker that reads on."""

import asyncio
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiokafka import TopicPartition

from shared.messaging.delivery import EventDelivery, PartitionTask
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.parking import RawMessage, raw_message
from shared.messaging.rewinding import said_since

_AT_ONCE = 500  # messages of one partition that are delivered together


@dataclass(frozen=True, slots=True)
class Choice:
    """Which messages: those since a moment, of one aggregate or of one type where these are given."""

    since: datetime
    key: str = ""
    type: str = ""

    def takes(self, message: RawMessage) -> bool:
        return self.key in ("", message.key) and self.type in ("", message.headers.get("ce_type"))


async def hear_again(
    delivery: EventDelivery[Any], bootstrap: str, prefix: str, topics: Collection[str], choice: Choice
) -> int:
    """Deliver the chosen messages again, each partition in its order; how many those are.

    What had its effect has no second one: its claim stands. What fails is set aside as ever.
    """
    task, again = PartitionTask(Heartbeat("rewind", limit=float("inf")), asyncio.Event()), 0
    async for messages in _runs(bootstrap, prefix, topics, choice):
        await delivery.work_through(messages, task)
        again += len(messages)
    return again


async def _runs(
    bootstrap: str, prefix: str, topics: Collection[str], choice: Choice
) -> AsyncIterator[list[RawMessage]]:
    """The chosen messages of one partition that lie beside each other, so many at a time."""
    run: list[RawMessage] = []
    reads: TopicPartition | None = None
    async for record in said_since(bootstrap, [prefix + topic for topic in topics], choice.since):
        partition = TopicPartition(record.topic, record.partition)
        if run and (partition != reads or len(run) == _AT_ONCE):
            yield run
            run = []
        reads, message = partition, raw_message(record, prefix)
        if choice.takes(message):
            run.append(message)
    if run:
        yield run
