"""Endpoints registered, rotated, enabled and removed; deliveries queued, attempted and replayed."""

import json
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from integrations.webhooks.commands import (
    EnableEndpoint,
    ForgetDeliveries,
    QueueWebhooks,
    RecordAttempt,
    RegisterEndpoint,
    RemoveEndpoint,
    ReplayDelivery,
    RotateSecret,
    SendTest,
)
from integrations.webhooks.domain.delivery import Delivery, delivery_of
from integrations.webhooks.domain.endpoint import MOST_ENDPOINTS, TooManyEndpoints, WebhookEndpoint
from integrations.webhooks.domain.event_types import TEST
from integrations.webhooks.ports import DeliveriesUnitOfWork, EndpointsUnitOfWork
from shared.kernel import NotFound

OLD_DELIVERIES = "webhook-deliveries-forgotten"
DELIVERIES_KEPT = timedelta(days=28)
_FORGET_EVERY = timedelta(days=1)


async def register_endpoint(command: RegisterEndpoint, uow: EndpointsUnitOfWork) -> WebhookEndpoint:
    if await uow.endpoints.count(command.organisation_id) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(most=MOST_ENDPOINTS)
    endpoint = WebhookEndpoint.register(
        command.endpoint_id,
        command.organisation_id,
        command.url,
        command.event_types,
        uow.cipher.new_secret(command.endpoint_id),
        uow.now,
    )
    await uow.endpoints.save(endpoint)
    await _forget_tomorrow(endpoint.id, endpoint.organisation_id, uow)
    return endpoint


async def rotate_secret(command: RotateSecret, uow: EndpointsUnitOfWork) -> WebhookEndpoint:
    endpoint = await uow.endpoints.get(command.organisation_id, command.endpoint_id)
    endpoint.rotate(uow.cipher.new_secret(endpoint.id), uow.now)
    await uow.endpoints.save(endpoint)
    return endpoint


async def enable_endpoint(command: EnableEndpoint, uow: EndpointsUnitOfWork) -> WebhookEndpoint:
    endpoint = await uow.endpoints.get(command.organisation_id, command.endpoint_id)
    endpoint.enable()
    await uow.endpoints.save(endpoint)
    return endpoint


async def remove_endpoint(command: RemoveEndpoint, uow: EndpointsUnitOfWork) -> None:
    endpoint = await uow.endpoints.get(command.organisation_id, command.endpoint_id)
    await uow.stop_waiting(OLD_DELIVERIES, endpoint.id)
    await uow.endpoints.remove(endpoint)


async def forget_deliveries(command: ForgetDeliveries, uow: EndpointsUnitOfWork) -> None:
    organisation_id, endpoint_id = command.organisation_id, command.endpoint_id
    await uow.deliveries.forget(organisation_id, endpoint_id, uow.now - DELIVERIES_KEPT)
    await _forget_tomorrow(endpoint_id, organisation_id, uow)


async def _forget_tomorrow(endpoint_id: UUID, organisation_id: UUID, uow: EndpointsUnitOfWork) -> None:
    await uow.wait_until(OLD_DELIVERIES, endpoint_id, organisation_id, uow.now + _FORGET_EVERY)


async def queue_webhooks(command: QueueWebhooks, uow: DeliveriesUnitOfWork) -> None:
    payload = _payload(command.event_type, command.happened_at, command.data)
    for endpoint_id, organisation_id in await uow.endpoints.subscribed_to(
        command.organisation_ids, command.event_type, command.event_id
    ):
        delivery = Delivery.of(
            delivery_of(command.event_id, endpoint_id),
            endpoint_id,
            organisation_id,
            command.event_id,
            command.event_type,
            payload,
            uow.now,
        )
        await uow.deliveries.save(delivery)


async def send_test(command: SendTest, uow: DeliveriesUnitOfWork) -> Delivery:
    endpoint = await uow.endpoints.get(command.organisation_id, command.endpoint_id)
    endpoint.must_be_enabled()
    payload = _payload(TEST, uow.now, {"endpoint_id": str(endpoint.id)})
    delivery = Delivery.of(
        command.delivery_id,
        endpoint.id,
        endpoint.organisation_id,
        command.delivery_id,
        TEST,
        payload,
        uow.now,
    )
    await uow.deliveries.save(delivery)
    return delivery


async def replay_delivery(command: ReplayDelivery, uow: DeliveriesUnitOfWork) -> Delivery:
    delivery = await uow.deliveries.get(command.organisation_id, command.delivery_id)
    endpoint = await uow.endpoints.get(delivery.organisation_id, delivery.endpoint_id)
    endpoint.must_be_enabled()
    delivery.replay()
    await uow.deliveries.save(delivery)
    return delivery


async def record_attempt(command: RecordAttempt, uow: DeliveriesUnitOfWork) -> None:
    try:
        delivery = await uow.deliveries.get(command.organisation_id, command.delivery_id)
    except NotFound:
        return  # the endpoint was removed while this was under way
    endpoint = await uow.endpoints.get(delivery.organisation_id, delivery.endpoint_id)
    delivery.record_attempt(command.attempt, uow.schedule, random.random())  # noqa: S311 - jitter
    if command.attempt.succeeded:
        endpoint.delivered()
    else:
        endpoint.failed(uow.now, gone=command.attempt.gone)
    if endpoint.disabled_reason:
        delivery.stop()
    await uow.deliveries.save(delivery)
    if endpoint.disabled_reason:
        await uow.deliveries.stop_pending(endpoint.organisation_id, endpoint.id)
    await uow.endpoints.save(endpoint)


def _payload(event_type: str, happened_at: datetime, data: dict[str, Any]) -> str:
    body = {"type": event_type, "timestamp": happened_at.isoformat(), "data": data}
    return json.dumps(body, separators=(",", ":"))
