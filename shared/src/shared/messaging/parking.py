"""A message as it lies in the log, and its setting aside: later ones of its key wait behind it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import ConsumerRecord
from sqlalchemy import text

from shared.messaging.verdicts import Aside
from shared.persistence.database import Database

_KEY_LENGTH = (
    200  # the longest key of any contract; a foreign message may have a longer one, which no index could hold
)
FIRST_REST = 0.2  # seconds before the first other try: most of what is missing is on its way
# Whether a message is the first of its key is looked at by one transaction after the other: one that is set
# aside behind another would wait for ever where the other was taken up in between.
LOCK_KEYS = text(
    """
    select pg_advisory_xact_lock(number)
    from (select distinct hashtextextended(topic || ' ' || key, 1) as number
          from unnest(cast(:topics as text[]), cast(:keys as text[])) as m (topic, key) order by 1) as locks
    """
)
_WAS_LOST = text("select exists (select from lost_aggregates where key = :key)")
# A place in the log that was taken up earlier may come again, from a log that was made anew: it waits afresh.
_PARK = text(
    """
    insert into parked_messages
      (consumer, topic, partition, position, key, headers, payload, reason, state, needs, holds, release,
       try_at)
    select :consumer, :topic, :partition, :position, :key, cast(:headers as jsonb), :payload, :reason, :state,
           :needs, :holds, :release,
           case when :holds and exists (
             select from parked_messages
             where topic = :topic and key = :key and replayed_at is null and holds)
             then 'infinity' else clock_timestamp() + make_interval(secs => :first_rest) end
    on conflict (consumer, topic, partition, position) do update
    set id = default, key = excluded.key, headers = excluded.headers, payload = excluded.payload,
        reason = excluded.reason, parked_at = clock_timestamp(), replayed_at = null, state = excluded.state,
        needs = excluded.needs, holds = excluded.holds, release = excluded.release, try_at = excluded.try_at,
        attempts = 0
    where parked_messages.replayed_at is not null
    """
)


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


async def park(
    database: Database, consumer: str, message: RawMessage, aside: Aside, release: str = ""
) -> bool:
    """Set a message aside; doing so twice leaves one row. It is tried again soon, or once it is the first.

    False, and nothing is done, for one about an aggregate that was lost when the database was restored.
    """
    async with database.session() as session:
        if await session.scalar(_WAS_LOST, {"key": message.key}):
            return False
        await session.execute(LOCK_KEYS, {"topics": [message.topic], "keys": [message.key]})
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
                "reason": aside.reason,
                "state": aside.state,
                "needs": aside.needs,
                "holds": aside.holds,
                "release": release,
                "first_rest": FIRST_REST,
            },
        )
        await session.commit()
    return True
