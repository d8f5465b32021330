"""One transaction: the database session, the time, the events it publishes and the deadlines it sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.propagate import inject
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.kernel import new_id

_WAIT = text(
    """
    insert into deadlines (name, subject_id, tenant_id, due_at, try_at)
    values (:name, :subject_id, :tenant_id, :due_at, :due_at)
    on conflict (name, subject_id) do update
    set wait_id = excluded.wait_id, due_at = excluded.due_at, try_at = excluded.try_at,
        tenant_id = excluded.tenant_id, attempts = 0, dead_at = null
    """
)
_WAIT_EACH = text(
    """
    insert into deadlines (name, subject_id, tenant_id, due_at, try_at)
    select name, subject_id, tenant_id, due_at, due_at
    from unnest(cast(:names as text[]), cast(:subject_ids as uuid[]), cast(:tenant_ids as uuid[]),
                cast(:dues as timestamptz[])) as waits (name, subject_id, tenant_id, due_at)
    on conflict (name, subject_id) do update
    set wait_id = excluded.wait_id, due_at = excluded.due_at, try_at = excluded.try_at,
        tenant_id = excluded.tenant_id, attempts = 0, dead_at = null
    """
)
_NOTE_LOST = text(
    """
    insert into lost_aggregates (key, topic, type) values (:key, :topic, :type) on conflict (key) do nothing
    """
)
_STOP_WAITING = text("delete from deadlines where name = :name and subject_id = :subject_id")
_STOP_WAITING_EACH = text("delete from deadlines where name = :name and subject_id = any (:subject_ids)")


@dataclass(slots=True)
class Transaction:
    """What repositories work with: everything in it happens together or not at all.

    `origins` has the trace an aggregate's events belong to, where many commands share the transaction.
    `wakes` is set where something other than the outbox waits for this commit: its listeners are woken too.
    """

    db: AsyncSession
    source: str
    now: datetime
    today: date
    origins: Mapping[str, Context] = field(default_factory=dict)
    events: list[Event[Contract]] = field(default_factory=list)
    erased: list[tuple[str, str, UUID]] = field(default_factory=list)
    wakes: bool = False

    def publish(self, data: Contract, *, sequence: int, announced: bool = False) -> None:
        """Publish an event once this commits; `sequence` is its aggregate's version after it."""
        carrier: dict[str, str] = {}
        inject(carrier, context=self.origins.get(data.key))
        traceparent = carrier.get("traceparent")
        self.events.append(Event(new_id(), self.source, self.now, sequence, data, traceparent, announced))

    def erase(self, contract: type[Contract], key: object) -> None:
        """Publish a tombstone: a compacted topic forgets this key."""
        self.erased.append((contract.topic, str(key), new_id()))

    async def note_lost(self, heard: Contract, lost: UUID) -> None:
        """Others heard this of a thing that was lost when the database was restored and does not return.

        What they say under its id from now on is passed over where it is not known.
        """
        await self.db.execute(_NOTE_LOST, {"key": str(lost), "topic": heard.topic, "type": heard.type})

    async def wait_until(self, name: str, subject_id: UUID, tenant_id: UUID, due_at: datetime) -> None:
        """Set or move the deadline `name` of a thing; the sweeper acts when it has passed."""
        await self.db.execute(
            _WAIT, {"name": name, "subject_id": subject_id, "tenant_id": tenant_id, "due_at": due_at}
        )

    async def stop_waiting(self, name: str, subject_id: UUID) -> None:
        """Lift a deadline: what was waited for has come."""
        await self.db.execute(_STOP_WAITING, {"name": name, "subject_id": subject_id})

    async def wait_until_each(self, waits: Sequence[tuple[str, UUID, UUID, datetime]]) -> None:
        """Set or move many deadlines (name, subject, tenant, due) in one statement."""
        if not waits:
            return
        names, subject_ids, tenant_ids, dues = map(list, zip(*waits, strict=True))
        await self.db.execute(
            _WAIT_EACH,
            {"names": names, "subject_ids": subject_ids, "tenant_ids": tenant_ids, "dues": dues},
        )

    async def stop_waiting_each(self, name: str, subject_ids: Sequence[UUID]) -> None:
        """Lift one kind of deadline of many things in one statement."""
        if subject_ids:
            await self.db.execute(_STOP_WAITING_EACH, {"name": name, "subject_ids": list(subject_ids)})
