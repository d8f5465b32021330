"""The broker's log as a test writes and reads it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition

from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, to_headers
from shared.kernel import new_id
from shared.messaging.kafka import header_pairs


@dataclass(frozen=True)
class Log:
    """The example service's topics, under a prefix of the test's own."""

    bootstrap: str
    prefix: str

    async def write(self, *events: Event[Contract]) -> None:
        """Publish events as another service would."""
        rows = [
            (
                each.data.topic,
                each.data.key.encode(),
                each.data.model_dump_json().encode(),
                header_pairs(to_headers(each).items()),
            )
            for each in events
        ]
        await self.write_raw(*rows)

    async def write_raw(
        self, *rows: tuple[str, bytes | None, bytes | None, Sequence[tuple[str, bytes | None]]]
    ) -> None:
        """Publish whatever bytes: (topic, key, value, headers)."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", linger_ms=2)
        await producer.start()
        try:
            sent = [
                await producer.send(self.prefix + topic, value, key=key, headers=headers)
                for topic, key, value, headers in rows
            ]
            for each in sent:
                await each
        finally:
            await producer.stop()

    async def read(self, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
        """Everything on a topic, each partition in its order."""
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, enable_auto_commit=False, fetch_max_wait_ms=50
        )
        await reader.start()
        try:
            partitions = [TopicPartition(self.prefix + topic, number) for number in (0, 1)]
            reader.assign(partitions)
            await reader.seek_to_beginning(*partitions)
            ends = await reader.end_offsets(partitions)
            found: list[ConsumerRecord[bytes, bytes]] = []
            for partition in partitions:
                while await reader.position(partition) < ends[partition]:
                    batches = await reader.getmany(partition, timeout_ms=200)
                    found += batches.get(partition, [])
            return found
        finally:
            await reader.stop()

    async def committed(self, group: str, topic: str) -> dict[int, int]:
        """The offsets a group has committed, by partition."""
        reader = AIOKafkaConsumer(
            bootstrap_servers=self.bootstrap, group_id=self.prefix + group, enable_auto_commit=False
        )
        await reader.start()
        try:
            partitions = [TopicPartition(self.prefix + topic, number) for number in (0, 1)]
            reader.assign(partitions)
            return {p.partition: (await reader.committed(p)) or 0 for p in partitions}
        finally:
            await reader.stop()


def event(data: Contract, sequence: int = 1) -> Event[Contract]:
    """An event as another service would say it."""
    return Event(new_id(), "/services/other", datetime.now(UTC), sequence, data)
