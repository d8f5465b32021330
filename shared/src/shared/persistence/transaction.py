"""One transaction: the session, the time, what it says to others and what it waits for."""

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from opentelemetry.propagate import inject
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.contracts.contract import Contract
from shared.contracts.envelope import Event
from shared.kernel import new_id

_WAIT = text(
    """
    insert into deadlines (name, subject_id, tenant_id, due_at)
    values (:name, :subject_id, :tenant_id, :due_at)
    on conflict (name, subject_id) do update
    set due_at = excluded.due_at, tenant_id = excluded.tenant_id, attempts = 0
    """
)
_STOP_WAITING = text("delete from deadlines where name = :name and subject_id = :subject_id")


@dataclass(slots=True)
class Transaction:
    """What a handler works with: everything in it happens together or not at all.

    `wakes` tells that something other than the outbox waits for this commit: listeners are woken too.
    """

    session: AsyncSession
    source: str
    now: datetime
    today: date
    events: list[Event[Contract]] = field(default_factory=list)
    erased: list[tuple[str, str, UUID]] = field(default_factory=list)
    wakes: bool = False

    def say(self, data: Contract, *, sequence: int) -> None:
        """Publish an event once this commits; `sequence` is its aggregate's version after it."""
        carrier: dict[str, str] = {}
        inject(carrier)
        self.events.append(Event(new_id(), self.source, self.now, sequence, data, carrier.get("traceparent")))

    def erase(self, contract: type[Contract], key: object) -> None:
        """Publish a tombstone: a compacted topic forgets this key."""
        self.erased.append((contract.topic, str(key), new_id()))

    async def wait_until(self, name: str, subject_id: UUID, tenant_id: UUID, due_at: datetime) -> None:
        """Set or move the deadline `name` of a thing; the sweeper acts when it has passed."""
        await self.session.execute(
            _WAIT, {"name": name, "subject_id": subject_id, "tenant_id": tenant_id, "due_at": due_at}
        )

    async def stop_waiting(self, name: str, subject_id: UUID) -> None:
        """Lift a deadline: what was waited for has come."""
        await self.session.execute(_STOP_WAITING, {"name": name, "subject_id": subject_id})
