"""Webhook endpoints and deliveries kept, and when each delivery is due."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from integrations.webhooks.domain.delivery import Delivery, DeliveryState
from integrations.webhooks.domain.endpoint import DisabledReason, WebhookEndpoint
from integrations.webhooks.tables import DeliveryRow, EndpointRow
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

_COUNT = text("select count(*) from webhook_endpoints where organisation_id = :organisation")
_SUBSCRIBED = text(
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
_ATTEMPT = text(
    """
    insert into webhook_attempts
      (attempt_id, delivery_id, organisation_id, at, milliseconds, status_code, error)
    values (:id, :delivery, :organisation, :at, :milliseconds, :status_code, :error)
    """
)
# Due by the database's clock, as leases are: the business clock may be ahead, machines may differ.
_QUEUE = text(
    """
    insert into webhook_queue (delivery_id, endpoint_id, organisation_id, due_at)
    values (:delivery, :endpoint, :organisation, clock_timestamp() + cast(:due_in as interval))
    on conflict (delivery_id) do update set due_at = excluded.due_at
    """
)
_UNQUEUE = text("delete from webhook_queue where delivery_id = :delivery")
_UNQUEUE_ALL = text(
    "delete from webhook_queue where organisation_id = :organisation and endpoint_id = :endpoint"
)
_STOP = text(
    """
    update webhook_deliveries set state = 'stopped', version = version + 1
    where organisation_id = :organisation and endpoint_id = :endpoint and state = 'pending'
    """
)
_FORGET = text(
    """
    delete from webhook_deliveries
    where organisation_id = :organisation and endpoint_id = :endpoint
      and created_at < :before and state <> 'pending'
    """
)


class EndpointRepository:
    """Implements `Endpoints`. Nothing about endpoints is published."""

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

    async def subscribed_to(
        self, organisation_ids: Sequence[UUID], event_type: str, event_id: UUID
    ) -> list[tuple[UUID, UUID]]:
        rows = await self._db.execute(
            _SUBSCRIBED,
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


class DeliveryRepository:
    """Implements `Deliveries`: with the attempts made, and when each is due."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def get(self, organisation_id: UUID, delivery_id: UUID) -> Delivery:
        row = await self._db.scalar(
            select(DeliveryRow).where(
                col(DeliveryRow.organisation_id) == organisation_id,
                col(DeliveryRow.delivery_id) == delivery_id,
            )
        )
        if row is None:
            raise NotFound("There is no such delivery")
        return _delivery(row)

    async def stop_pending(self, organisation_id: UUID, endpoint_id: UUID) -> None:
        whose = {"organisation": organisation_id, "endpoint": endpoint_id}
        await self._db.execute(_STOP, whose)
        await self._db.execute(_UNQUEUE_ALL, whose)

    async def save(self, delivery: Delivery) -> None:
        row = DeliveryRow(
            delivery_id=delivery.id,
            endpoint_id=delivery.endpoint_id,
            organisation_id=delivery.organisation_id,
            event_id=delivery.event_id,
            event_type=delivery.event_type,
            payload=delivery.payload,
            state=delivery.state,
            tries=delivery.tries,
            created_at=delivery.created_at,
            version=delivery.version,
        )
        await save_row(self._db, row, changes=len(delivery.take_events()))
        for attempt in delivery.attempts:
            of_delivery = {"delivery": delivery.id, "organisation": delivery.organisation_id}
            await self._db.execute(_ATTEMPT, asdict(attempt) | of_delivery)
        await self._queue(delivery)

    async def _queue(self, delivery: Delivery) -> None:
        if delivery.due_in is None:
            await self._db.execute(_UNQUEUE, {"delivery": delivery.id})
            return
        await self._db.execute(
            _QUEUE,
            {
                "delivery": delivery.id,
                "endpoint": delivery.endpoint_id,
                "organisation": delivery.organisation_id,
                "due_in": delivery.due_in,
            },
        )
        self._transaction.wakes |= not delivery.due_in

    async def forget(self, organisation_id: UUID, endpoint_id: UUID, before: datetime) -> None:
        await self._db.execute(
            _FORGET, {"organisation": organisation_id, "endpoint": endpoint_id, "before": before}
        )


def _delivery(row: DeliveryRow) -> Delivery:
    return Delivery(
        row.delivery_id,
        row.endpoint_id,
        row.organisation_id,
        row.event_id,
        row.event_type,
        row.payload,
        row.created_at,
        cast("DeliveryState", row.state),
        row.tries,
        version=row.version,
    )
