"""Deliveries: made from events, attempted, replayed."""

import json
import random
from datetime import datetime
from typing import Any

from integrations.application.commands import RecordAttempt, ReplayDelivery, SendTest, TellEndpoints
from integrations.application.ports import UnitOfWork
from integrations.domain.deliveries import Delivery
from integrations.domain.event_types import TEST
from shared.kernel import NotFound, new_id


async def tell_endpoints(command: TellEndpoints, uow: UnitOfWork) -> None:
    payload = _payload(command.event_type, command.happened_at, command.data)
    for endpoint_id, organisation_id in await uow.endpoints.to_tell(
        command.organisation_ids, command.event_type, command.event_id
    ):
        delivery = Delivery.of(
            new_id(), endpoint_id, organisation_id, command.event_id, command.event_type, payload, uow.now
        )
        await uow.deliveries.save(delivery)


async def send_test(command: SendTest, uow: UnitOfWork) -> Delivery:
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


async def replay_delivery(command: ReplayDelivery, uow: UnitOfWork) -> Delivery:
    delivery = await uow.deliveries.get(command.organisation_id, command.delivery_id)
    endpoint = await uow.endpoints.get(delivery.organisation_id, delivery.endpoint_id)
    endpoint.must_be_enabled()
    delivery.replay()
    await uow.deliveries.save(delivery)
    return delivery


async def record_attempt(command: RecordAttempt, uow: UnitOfWork) -> None:
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
