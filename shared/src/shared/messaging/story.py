"""The story of one aggregate in one service: what it said of it, what it heard, and what is still to come.

Nothing of what a message says is told, only its type: the story of a child's booking names nobody.
"""

from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from aiokafka import ConsumerRecord
from sqlalchemy import text

from shared.messaging.parking import RawMessage, raw_message
from shared.messaging.rewinding import said_since
from shared.persistence.database import Database

_CLAIMS = text(
    """
    select source, message_id, received_at from inbox
    where source = any (:subscriptions) and message_id = any (:events)
    """
)
_STANDS = text(
    """
    select created_at as at, 'to be sent' as act, headers ->> 'ce_type' as what, '' as by
    from outbox where key = :subject
    union all
    select coalesce(replayed_at, parked_at), 'set aside, ' || state, headers ->> 'ce_type', consumer
    from parked_messages where key = :subject and (replayed_at is null or state = 'discarded')
    union all
    select due_at, case when dead_at is null then 'due' else 'given up' end, name, ''
    from deadlines where subject_id = cast(:subject as uuid)
    order by 1
    """
)


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One thing that happened, or is to happen: `act` is said, heard, to be sent, set aside, due or given up.

    `what` is the type of an event or the name of a deadline, `by` who acted on it here.
    """

    at: datetime
    act: str
    what: str
    by: str = ""


async def story(
    database: Database,
    bootstrap: str,
    prefix: str,
    *,
    own_topics: Collection[str],
    heard_topics: Collection[str],
    subscriptions: Sequence[str],
    subject: UUID,
    since: datetime,
) -> list[Line]:
    """What a service knows of the aggregate with this id, oldest first; the log is read from `since` on."""
    lines: list[Line] = []
    types: dict[str, str] = {}  # by the event's id
    async for message in _about(bootstrap, prefix, {*own_topics, *heard_topics}, subject, since):
        at, raw = message
        kind = raw.headers.get("ce_type", "")
        if raw.topic in own_topics:
            again = ", announced again" if "ce_announced" in raw.headers else ""
            lines.append(Line(at, "said", f"{kind}{again}"))
        types[raw.headers.get("ce_id", "")] = kind
    async with database.session() as db:
        claimed = await db.execute(_CLAIMS, {"subscriptions": list(subscriptions), "events": list(types)})
        lines += [Line(row.received_at, "heard", types[row.message_id], row.source) for row in claimed]
        lines += [Line(*row) for row in await db.execute(_STANDS, {"subject": str(subject)})]
    return sorted(lines)


async def _about(
    bootstrap: str, prefix: str, topics: Collection[str], subject: UUID, since: datetime
) -> AsyncIterator[tuple[datetime, RawMessage]]:
    """The messages that have the aggregate as their key, or name it, and when the log took them."""
    name = str(subject).encode()
    async for record in said_since(bootstrap, sorted(prefix + topic for topic in topics), since):
        if record.key == name or name in (record.value or b""):
            yield _taken_at(record), raw_message(record, prefix)


def _taken_at(record: ConsumerRecord[Any, Any]) -> datetime:
    return datetime.fromtimestamp(record.timestamp / 1000, UTC)
