"""What an operator may see of parked messages, and do with one: every act is kept, with who, when and why."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, text

from shared.bus import inbox
from shared.bus.inbox import Message
from shared.bus.transaction import Transaction
from shared.kernel import Conflict, NotFound
from shared.messaging.parked import let_next_come, lock_keys, make_due
from shared.persistence.database import Database

# A stranger's message may have anything in its key or type: what is no id and no type is not shown.
_HARMLESS = {
    "key": re.compile(r"[0-9a-fA-F-]{1,64}"),
    "event": re.compile(r"[0-9a-fA-F-]{36}"),
    "type": re.compile(r"[a-z_]{1,60}\.[a-z_]{1,60}\.v[0-9]{1,4}"),
}
NOT_SHOWN = "(not shown)"
_PARKED = """
    select p.id, p.state, p.headers ->> 'ce_type' as type, p.topic, p.key, p.consumer, p.reason, p.needs,
           p.attempts, p.parked_at, case when p.try_at < 'infinity' then p.try_at end as try_at,
           p.partition, p.position, p.headers ->> 'ce_id' as event, p.holds
    from parked_messages p
"""
_LIST = text(
    f"{_PARKED} where p.replayed_at is null and p.id > :after and (:state = '' or p.state = :state) "
    "and (:key = '' or p.key = :key) order by p.id limit :limit"
)
_SHOW = text(f"{_PARKED} where p.id = :id")
_OPEN = text(f"{_PARKED} where p.id = :id and p.replayed_at is null")
_BESIDE = text(
    """
    select min(id) filter (where id < :id and holds) as behind, count(*) filter (where id > :id) as holds_back
    from parked_messages where topic = :topic and key = :key and replayed_at is null
    """
)
_ACTS = text(
    "select acted_at as at, act, acted_by as by, reason from parked_acts where parked_id = :id order by id"
)
_KEEP_ACT = text(
    """
    insert into parked_acts (parked_id, consumer, topic, key, event_id, act, acted_by, reason)
    select id, consumer, topic, coalesce(substring(key from '^[0-9a-fA-F-]{1,64}$'), ''),
           coalesce(substring(headers ->> 'ce_id' from '^[0-9a-fA-F-]{36}$'), ''), :act, :by, :reason
    from parked_messages where replayed_at is null and (:key = '' or key = :key) and (:id = 0 or id = :id)
    """
)
_DISCARD = text(
    """
    update parked_messages set state = 'discarded', replayed_at = clock_timestamp()
    where id = :id and replayed_at is null
    """
)


class NotParked(NotFound):
    """There is no such message, or it is parked no more."""

    slug = "message-not-parked"
    title = "No message of this number is parked"


class HadItsEffect(Conflict):
    """A message that has had its effect cannot be discarded; a retry takes it off the list."""

    slug = "message-had-its-effect"
    title = "The message has had its effect"


@dataclass(frozen=True, slots=True)
class RetryParked:
    """A message is to be tried again by a worker, with all of its key; by whose word."""

    id: int
    by: str


@dataclass(frozen=True, slots=True)
class DiscardParked:
    """A message is to have no effect, by whose word and why."""

    id: int
    by: str
    reason: str


class ParkedActs:
    """One service's parked messages, as an operator has to do with them."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(
        self, state: str = "", after: int = 0, limit: int = 50, key: str = ""
    ) -> list[dict[str, Any]]:
        """A page of what is parked, oldest first; the next one begins `after` the last id."""
        async with self._database.session() as db:
            wanted = {"state": state, "after": after, "limit": limit, "key": key}
            rows = await db.execute(_LIST, wanted)
            return [_shown(row._asdict()) for row in rows]

    async def show(self, parked_id: int) -> dict[str, Any]:
        """All that may be seen of one, what it stands behind, how many stand behind it, and what was done.

        It may be parked no more, as long as its row is kept. Raises `NotParked`.
        """
        async with self._database.session() as db:
            row = await _row(db, parked_id, _SHOW)
            beside = (await db.execute(_BESIDE, {"id": row.id, "topic": row.topic, "key": row.key})).one()
            acts = (await db.execute(_ACTS, {"id": parked_id})).all()
        return _shown(row._asdict()) | beside._asdict() | {"acts": [act._asdict() for act in acts]}

    async def keep_retry(self, by: str, *, parked_id: int = 0, key: str = "") -> None:
        """Keep that somebody has these tried again: one, those of a key, or all."""
        async with self._database.session() as db:
            values = {"act": "retried", "by": by, "reason": "", "id": parked_id, "key": key}
            await db.execute(_KEEP_ACT, values)
            await db.commit()

    async def key_of(self, parked_id: int) -> str:
        """The key of one that is parked. Raises `NotParked`."""
        async with self._database.session() as db:
            return str((await _row(db, parked_id)).key)


async def retry(command: RetryParked, transaction: Transaction) -> dict[str, Any]:
    """Have the workers take one up at once, with all of its key; what it is now. Raises `NotParked`."""
    db = transaction.db
    row = await _row(db, command.id)
    await db.execute(_KEEP_ACT, {"act": "retried", "by": command.by, "reason": "", "id": row.id, "key": ""})
    await make_due(db, row.topic, row.key)
    return _shown((await _row(db, row.id))._asdict())


async def discard(command: DiscardParked, transaction: Transaction) -> dict[str, Any]:
    """A message is to have no effect; what stands behind it goes on. What it is now.

    It is claimed as its effect would be, so that a worker cannot carry it out meanwhile. Raises
    `NotParked`, `HadItsEffect`, and `InFlight` while a worker tries it.
    """
    db = transaction.db
    row = await _row(db, command.id)
    effect = row.event or f"{row.topic}/{row.partition}/{row.position}"
    (taken,) = await inbox.claim(db, [Message(row.consumer, effect, kind="event")])
    if isinstance(taken, Exception):
        raise taken
    if taken is not None:
        raise HadItsEffect
    keys = {(row.topic, row.key)}
    await lock_keys(db, keys)
    act = {"act": "discarded", "by": command.by, "reason": command.reason, "id": row.id, "key": ""}
    await db.execute(_KEEP_ACT, act)
    done: Any = await db.execute(_DISCARD, {"id": row.id})
    if not done.rowcount:
        raise NotParked
    await let_next_come(db, keys)
    return _shown((await _row(db, row.id, _SHOW))._asdict())


async def _row(db: Any, parked_id: int, query: TextClause = _OPEN) -> Any:
    row = (await db.execute(query, {"id": parked_id})).one_or_none()
    if row is None:
        raise NotParked
    return row


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """The row, without what a stranger may have written into it."""
    harmless = {
        name: row[name] if pattern.fullmatch(row[name] or "") else NOT_SHOWN
        for name, pattern in _HARMLESS.items()
    }
    return row | harmless
