"""The outbox: events become rows in the transaction of the change they tell of.

A service's epoch is raised when its database was restored to an earlier moment. What it says from then on has
a higher sequence than whatever it said before, and readers that keep the newest hear it.
"""

import zlib
from collections.abc import Sequence
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, to_headers

SHARDS = 4
MAX_EVENT_BYTES = 200_000  # below what the relay puts into one batch: one larger would stop its shard
SEQUENCES_OF_AN_EPOCH = 1_000_000  # more changes than any one aggregate ever has
BEFORE_ALL = 0  # announced at this sequence, an event is news only to who knows nothing of its aggregate
_INSERT = text(
    f"""
    insert into outbox (shard, topic, key, event_id, headers, payload)
    select shard, topic, key, event_id,
           case when sequence is null then headers::jsonb
                else headers::jsonb || jsonb_build_object('ce_sequence', (
                  sequence + (select number from epoch) * cast({SEQUENCES_OF_AN_EPOCH} as bigint))::text) end,
           payload
    from unnest(cast(:shards as smallint[]), cast(:topics as text[]), cast(:keys as text[]),
                cast(:ids as uuid[]), cast(:headers as text[]), cast(:sequences as bigint[]),
                cast(:payloads as bytea[]))
         with ordinality as r(shard, topic, key, event_id, headers, sequence, payload, position)
    order by position
    """  # noqa: S608 - numbers of our own
)


def version_of(sequence: int) -> int:
    """The version of an aggregate that was published at this sequence, in whichever epoch."""
    return sequence % SEQUENCES_OF_AN_EPOCH


def shard_of(key: str) -> int:
    """The shard whose one relay publishes this aggregate, so that its events keep their order."""
    return zlib.crc32(key.encode()) % SHARDS


async def write(
    db: AsyncSession, events: Sequence[Event[Contract]], erased: Sequence[tuple[str, str, UUID]] = ()
) -> None:
    """Write the events' rows, then a tombstone for each erased (topic, key, event id), in this order.

    Raises `ValueError` for an event the relay could not send.
    """
    rows: list[tuple[str, str, UUID, dict[str, str], int | None, bytes | None]] = [
        (
            *(event.data.topic, event.data.key, event.id, to_headers(event)),
            None if event.announced and event.sequence == BEFORE_ALL else event.sequence,
            event.data.model_dump_json().encode(),
        )
        for event in events
    ]
    rows += [(topic, key, event_id, {"ce_id": str(event_id)}, None, None) for topic, key, event_id in erased]
    if not rows:
        return
    for topic, *_, payload in rows:
        if payload is not None and len(payload) > MAX_EVENT_BYTES:
            raise ValueError(f"an event for {topic} is larger than {MAX_EVENT_BYTES} bytes")
    topics, keys, ids, headers, sequences, payloads = zip(*rows, strict=True)
    await db.execute(
        _INSERT,
        {
            "shards": [shard_of(key) for key in keys],
            "topics": list(topics),
            "keys": list(keys),
            "ids": list(ids),
            "headers": [to_json(header).decode() for header in headers],
            "sequences": list(sequences),
            "payloads": list(payloads),
        },
    )
