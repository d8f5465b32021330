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
from integrations.application.ports import UnitOfWork
from integrations.domain.endpoints import MOST_ENDPOINTS, TooManyEndpoints, WebhookEndpoint

OLD_DELIVERIES = "webhook-deliveries-forgotten"
DELIVERIES_KEPT = timedelta(days=28)
_FORGET_EVERY = timedelta(days=1)


async def register_endpoint(command: RegisterEndpoint, uow: UnitOfWork) -> WebhookEndpoint:
    if await uow.endpoints.count(command.organisation_id) >= MOST_ENDPOINTS:
        raise TooManyEndpoints(most=MOST_ENDPOINTS)
    endpoint = WebhookEndpoint.register(
        command.endpoint_id,
        command.organisation_id,
        command.url,
        command.event_types,
        uow.vault.new_secret(command.endpoint_id),
        uow.now,
    )
    await uow.endpoints.save(endpoint)
    await _forget_tomorrow(endpoint.id, endpoint.organisation_id, uow)
    return endpoint


async def rotate_secret(command: RotateSecret, uow: UnitOfWork) -> WebhookEndpoint:
    endpoint = await uow.endpoints.get(command.organisation_id, command.endpoint_id)
    endpoint.rotate(uow.vault.new_secret(endpoint.id), uow.now)
    await uow.endpoints.save(endpoint)
    return endpoint


async def enable_endpoint(command: EnableEndpoint, uow: UnitOfWork) -> WebhookEndpoint:
    endpoint = await uow.endpoints.get(command.organisation_id, command.endpoint_id)
    endpoint.enable()
    await uow.endpoints.save(endpoint)
    return endpoint


async def remove_endpoint(command: RemoveEndpoint, uow: UnitOfWork) -> None:
    endpoint = await uow.endpoints.get(command.organisation_id, command.endpoint_id)
    await uow.stop_waiting(OLD_DELIVERIES, endpoint.id)
    await uow.endpoints.remove(endpoint)


async def forget_deliveries(command: ForgetDeliveries, uow: UnitOfWork) -> None:
    organisation_id, endpoint_id = command.organisation_id, command.endpoint_id
    await uow.deliveries.forget(organisation_id, endpoint_id, uow.now - DELIVERIES_KEPT)
    await _forget_tomorrow(endpoint_id, organisation_id, uow)


async def _forget_tomorrow(endpoint_id: UUID, organisation_id: UUID, uow: UnitOfWork) -> None:
    await uow.wait_until(OLD_DELIVERIES, endpoint_id, organisation_id, uow.now + _FORGET_EVERY)
