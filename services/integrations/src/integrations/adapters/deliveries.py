"""Deliveries to rows and back, and the queue of those that are due."""

from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import select, text
from sqlmodel import col

from integrations.adapters.tables import AttemptRow, DeliveryRow
from integrations.domain.deliveries import Delivery, DeliveryState
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

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


class DeliveryRepository:
    """Deliveries with the attempts made of them, and when each is due."""

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
            self._db.add(
                AttemptRow(
                    attempt_id=attempt.id,
                    delivery_id=delivery.id,
                    organisation_id=delivery.organisation_id,
                    at=attempt.at,
                    milliseconds=attempt.milliseconds,
                    status_code=attempt.status_code,
                    error=attempt.error,
                )
            )
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
