"""Parked messages: set aside after their retries, with later ones of their aggregate behind them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord
from sqlalchemy import text

from shared.persistence.database import Database

_KEY_LENGTH = (
    200  # the longest key of any contract; a foreign message may have a longer one, which no index could hold
)
_PARK = text(
    """
    insert into parked_messages (consumer, topic, partition, position, key, headers, payload, reason)
    values (:consumer, :topic, :partition, :position, :key, cast(:headers as jsonb), :payload, :reason)
    on conflict (consumer, topic, partition, position) do update
    set key = excluded.key, headers = excluded.headers, payload = excluded.payload,
        reason = excluded.reason, parked_at = clock_timestamp(), replayed_at = null
    where parked_messages.replayed_at is not null
    """
)
_WAITING = text(
    """
    select id, consumer, topic, partition, position, key, headers, payload, reason from parked_messages
    where replayed_at is null and (:key = '' or key = :key) and id <> all (cast(:beside as bigint[]))
    order by id limit :limit
    """
)
_REPLAYED = text("update parked_messages set replayed_at = clock_timestamp() where id = any (:ids)")
_COUNT = text("select count(*) from parked_messages where replayed_at is null")


@dataclass(frozen=True, slots=True)
class RawMessage:
    """A message as it lies in the log."""

    topic: str
    partition: int
    position: int
    key: str
    headers: Mapping[str, str]
    payload: bytes | None

    @property
    def header_pairs(self) -> list[tuple[str, bytes]]:
        return [(name, value.encode()) for name, value in self.headers.items()]


@dataclass(frozen=True, slots=True)
class Parked:
    """A message set aside, by which consumer and why."""

    id: int
    consumer: str
    message: RawMessage
    reason: str


def raw_message(record: ConsumerRecord[Any, Any], prefix: str) -> RawMessage:
    """A record of the log, its topic named without the prefix."""
    return RawMessage(
        topic=record.topic.removeprefix(prefix),
        partition=record.partition,
        position=record.offset,
        key=_text(record.key)[:_KEY_LENGTH],
        headers={name: _text(value) for name, value in record.headers},
        payload=record.value,
    )


def _text(value: bytes | None) -> str:
    # PostgreSQL stores no NUL in a text: a foreign message with one must still be parked.
    return (value or b"").decode(errors="replace").replace("\0", "\ufffd")


async def park(database: Database, consumer: str, message: RawMessage, reason: str) -> None:
    """Set a message aside; doing so twice leaves one row.

    A place in the log taken up earlier may come again, from a log that was made anew: it waits afresh.
    """
    async with database.session() as session:
        await session.execute(
            _PARK,
            {
                "consumer": consumer,
                "topic": message.topic,
                "partition": message.partition,
                "position": message.position,
                "key": message.key,
                "headers": json.dumps(dict(message.headers)),
                "payload": message.payload,
                "reason": reason,
            },
        )
        await session.commit()


async def waiting(
    database: Database, key: str = "", beside: Sequence[int] = (), *, limit: int = 1000
) -> list[Parked]:
    """What is parked now, oldest first, of one aggregate or of all; `beside` those ids."""
    async with database.session() as session:
        values = {"key": key, "beside": list(beside), "limit": limit}
        rows = (await session.execute(_WAITING, values)).all()
    return [
        Parked(
            row.id,
            row.consumer,
            RawMessage(row.topic, row.partition, row.position, row.key, row.headers, row.payload),
            row.reason,
        )
        for row in rows
    ]


async def mark_replayed(database: Database, ids: list[int]) -> None:
    """These were taken up again with success."""
    async with database.session() as session:
        await session.execute(_REPLAYED, {"ids": ids})
        await session.commit()


async def count(database: Database) -> int:
    """How many messages are set aside."""
    async with database.session() as session:
        return int(await session.scalar(_COUNT) or 0)
