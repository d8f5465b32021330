"""Webhook endpoints: registered, rotated, enabled and removed by their organisation."""

from datetime import timedelta
from uuid import UUID

from integrations.application.commands import (
    EnableEndpoint,
    ForgetDeliveries,
    RegisterEndpoint,
    RemoveEndpoint,
    RotateSecret,
)
from integrations.application.ports import Work
from integrations.domain.endpoints import MOST_ENDPOINTS, TooManyEndpoints, WebhookEndpoint

OLD_DELIVERIES = "webhook-deliveries-forgotten"
DELIVERIES_KEPT = timedelta(days=28)
_FORGET_EVERY = timedelta(days=1)


async def register_endpoint(command: RegisterEndpoint, work: Work) -> WebhookEndpoint:
    if await work.endpoints.count(command.organisation_id) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(most=MOST_ENDPOINTS)
    endpoint = WebhookEndpoint.register(
        command.endpoint_id,
        command.organisation_id,
        command.url,
        command.event_types,
        work.vault.new_secret(command.endpoint_id),
        work.now,
    )
    await work.endpoints.save(endpoint)
    await _forget_tomorrow(endpoint.id, endpoint.organisation_id, work)
    return endpoint


async def rotate_secret(command: RotateSecret, work: Work) -> WebhookEndpoint:
    endpoint = await work.endpoints.get(command.organisation_id, command.endpoint_id)
    endpoint.rotate(work.vault.new_secret(endpoint.id), work.now)
    await work.endpoints.save(endpoint)
    return endpoint


async def enable_endpoint(command: EnableEndpoint, work: Work) -> WebhookEndpoint:
    endpoint = await work.endpoints.get(command.organisation_id, command.endpoint_id)
    endpoint.enable()
    await work.endpoints.save(endpoint)
    return endpoint


async def remove_endpoint(command: RemoveEndpoint, work: Work) -> None:
    endpoint = await work.endpoints.get(command.organisation_id, command.endpoint_id)
    await work.stop_waiting(OLD_DELIVERIES, endpoint.id)
    await work.endpoints.remove(endpoint)


async def forget_deliveries(command: ForgetDeliveries, work: Work) -> None:
    organisation_id, endpoint_id = command.organisation_id, command.endpoint_id
    await work.deliveries.forget(organisation_id, endpoint_id, work.now - DELIVERIES_KEPT)
    await _forget_tomorrow(endpoint_id, organisation_id, work)


async def _forget_tomorrow(endpoint_id: UUID, organisation_id: UUID, work: Work) -> None:
    await work.wait_until(OLD_DELIVERIES, endpoint_id, organisation_id, work.now + _FORGET_EVERY)
