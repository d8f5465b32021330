"""Aggregates to rows and back."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import cast
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from integrations.adapters import publishing
from integrations.adapters.tables import EndpointRow, RosterRow
from integrations.domain.endpoints import DisabledReason, WebhookEndpoint
from integrations.domain.rosters import Roster, RosterReceived
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

# Held to the commit: an institution's rosters are numbered, and published, in the order they commit.
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('roster ' || :institution, 0))")
_NEXT_NUMBER = text("select coalesce(max(number), 0) + 1 from rosters where institution_id = :institution")
_COUNT = text("select count(*) from webhook_endpoints where organisation_id = :organisation")
_TO_TELL = text(
    """
    select e.endpoint_id, e.organisation_id from webhook_endpoints e
    where e.organisation_id = any (:organisations) and e.disabled_reason is null
      and :event_type = any (e.event_types)
      and not exists (
        select from webhook_deliveries d
        where d.organisation_id = e.organisation_id and d.endpoint_id = e.endpoint_id
          and d.event_id = :event_id)
    order by e.endpoint_id
    """
)
_REMOVE = text(
    "delete from webhook_endpoints where organisation_id = :organisation and endpoint_id = :endpoint"
)


class RosterRepository:
    """Rosters, and their rows on the way out."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def next_number(self, institution_id: UUID) -> int:
        session = self._transaction.db
        await session.execute(_ONE_AT_A_TIME, {"institution": str(institution_id)})
        return int(await session.scalar(_NEXT_NUMBER, {"institution": institution_id}) or 1)

    async def save(self, roster: Roster) -> None:
        row = RosterRow(
            roster_id=roster.id,
            institution_id=roster.institution_id,
            number=roster.number,
            kind=roster.kind,
            rows=roster.rows,
            accepted=roster.accepted,
            rejected=[asdict(fault) for fault in roster.rejected],
            received_at=roster.received_at,
            version=roster.version,
        )
        changes = roster.take_events()
        await save_row(self._transaction.db, row, changes=len(changes))
        for version, event in changes:
            for contract, sequence in publishing.contracts_of(cast("RosterReceived", event), version):
                self._transaction.publish(contract, sequence=sequence)


class EndpointRepository:
    """Webhook endpoints. What happens to them is told to nobody else."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def get(self, organisation_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
        row = await self._db.scalar(
            select(EndpointRow).where(
                col(EndpointRow.organisation_id) == organisation_id,
                col(EndpointRow.endpoint_id) == endpoint_id,
            )
        )
        if row is None:
            raise NotFound("There is no such webhook endpoint")
        return WebhookEndpoint(
            row.endpoint_id,
            row.organisation_id,
            row.url,
            tuple(row.event_types),
            row.secret,
            row.created_at,
            row.previous_secret,
            row.previous_until,
            row.failing_since,
            cast("DisabledReason | None", row.disabled_reason),
            version=row.version,
        )

    async def count(self, organisation_id: UUID) -> int:
        return int(await self._db.scalar(_COUNT, {"organisation": organisation_id}) or 0)

    async def to_tell(
        self, organisation_ids: Sequence[UUID], event_type: str, event_id: UUID
    ) -> list[tuple[UUID, UUID]]:
        rows = await self._db.execute(
            _TO_TELL,
            {"organisations": list(organisation_ids), "event_type": event_type, "event_id": event_id},
        )
        return [(row.endpoint_id, row.organisation_id) for row in rows]

    async def save(self, endpoint: WebhookEndpoint) -> None:
        row = EndpointRow(
            endpoint_id=endpoint.id,
            organisation_id=endpoint.organisation_id,
            url=endpoint.url,
            event_types=list(endpoint.event_types),
            secret=endpoint.secret,
            previous_secret=endpoint.previous_secret,
            previous_until=endpoint.previous_until,
            failing_since=endpoint.failing_since,
            disabled_reason=endpoint.disabled_reason,
            created_at=endpoint.created_at,
            version=endpoint.version,
        )
        if changes := endpoint.take_events():
            await save_row(self._db, row, changes=len(changes))

    async def remove(self, endpoint: WebhookEndpoint) -> None:
        await self._db.execute(_REMOVE, {"organisation": endpoint.organisation_id, "endpoint": endpoint.id})
