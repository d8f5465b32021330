"""A listener on the broker: when which event of which aggregate was written, and when it was heard."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from aiokafka import AIOKafkaConsumer, TopicPartition


@dataclass(frozen=True, slots=True)
class Heard:
    """One event: seconds since the epoch of its row in the outbox, and of its arrival here."""

    written: float
    arrived: float


@dataclass
class Ear:
    """What was heard so far, by type and key; of an event heard twice the first counts."""

    events: dict[tuple[str, str], Heard] = field(default_factory=dict)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, event_type: str, keys: set[str], within: float = 60.0) -> list[Heard]:
        """Wait until each of these aggregates has said it. Raises `TimeoutError`."""
        async with asyncio.timeout(within):
            while missing := {key for key in keys if (event_type, key) not in self.events}:
                self._news.clear()
                await self._news.wait()
                assert missing
        return [self.events[event_type, key] for key in keys]

    async def listen(self, consumer: AIOKafkaConsumer) -> None:
        """Hear until cancelled."""
        async for record in consumer:
            event_type = dict(record.headers).get("ce_type", b"").decode()
            heard = Heard(record.timestamp / 1000, time.time())
            self.events.setdefault((event_type, record.key.decode()), heard)
            self._news.set()


@contextlib.asynccontextmanager
async def hearing(bootstrap: str, *topics: str) -> AsyncIterator[Ear]:
    """Hear what is said on these topics from now on."""
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, enable_auto_commit=False)
    await consumer.start()
    try:
        partitions: set[TopicPartition] = consumer.assignment()
        await consumer.seek_to_end(*partitions)
        for partition in partitions:
            await consumer.position(partition)
        ear = Ear()
        listening = asyncio.create_task(ear.listen(consumer))
        yield ear
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    finally:
        await consumer.stop()
