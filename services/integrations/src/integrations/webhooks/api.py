"""Webhook endpoints and their deliveries over HTTP."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from integrations.egress.domain.destinations import UrlNotAllowed
from integrations.egress.ports import Destinations
from integrations.webhooks import handlers
from integrations.webhooks.bodies import (
    DeliveryBody,
    DeliveryWithAttempts,
    EndpointBody,
    EndpointToRegister,
    EndpointWithSecret,
    EventTypeBody,
    EventTypesBody,
)
from integrations.webhooks.commands import (
    EnableEndpoint,
    RegisterEndpoint,
    RemoveEndpoint,
    ReplayDelivery,
    RotateSecret,
    SendTest,
)
from integrations.webhooks.domain.delivery import DeliveryPending
from integrations.webhooks.domain.endpoint import EndpointDisabled, EventTypeUnknown, TooManyEndpoints
from integrations.webhooks.domain.event_types import EVENT_TYPES
from integrations.webhooks.ports import Cipher
from integrations.webhooks.queries import WebhookQueries
from shared.http.commands import IdempotentRequest, answer, etag, no_content
from shared.http.paging import Before, Limit, Page, Paging
from shared.http.ports import port
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import new_id
from shared.security.access import own_organisation, public, requires
from shared.security.tokens import Caller

FromQueries = Annotated[WebhookQueries, reads_for(WebhookQueries)]
FromDestinations = Annotated[Destinations, port(Destinations)]
FromCipher = Annotated[Cipher, port(Cipher)]
routes = APIRouter(tags=["webhooks"])


@routes.get(
    "/v1/webhook-event-types",
    operation_id="listWebhookEventTypes",
    status_code=200,
    response_model=EventTypesBody,
    openapi_extra=public(),
)
async def list_event_types() -> EventTypesBody:
    """The event types endpoints may listen to, and what a webhook of each tells."""
    return EventTypesBody(
        event_types=[
            EventTypeBody(name=each.name, told_to=list(each.tenants), data=[*each.members, "sequence"])
            for each in EVENT_TYPES.values()
        ]
    )


@routes.post(
    "/v1/webhook-endpoints",
    operation_id="registerWebhookEndpoint",
    status_code=201,
    response_model=EndpointWithSecret,
    responses=documented(UrlNotAllowed, EventTypeUnknown, TooManyEndpoints),
)
async def register_endpoint(
    body: EndpointToRegister,
    request: IdempotentRequest,
    destinations: FromDestinations,
    cipher: FromCipher,
    caller: Caller = requires("webhooks:write"),
) -> Response:
    """Register an address to be told at, by signed webhooks (Standard Webhooks 1.0.0).

    A webhook arrives at least once, in no promised order: drop a `webhook-id` you have had, and
    compare `data.sequence` where you keep a state. Answer 2xx; anything else is tried again.
    """
    await destinations.check(body.url)
    command = RegisterEndpoint(new_id(), own_organisation(caller), body.url, tuple(body.event_types))
    given = await request.execute(
        caller,
        handlers.register_endpoint,
        command,
        answer(201, EndpointWithSecret.of, lambda e: f"/v1/webhook-endpoints/{e.id}"),
    )
    return _with_secret(given, cipher)


@routes.get(
    "/v1/webhook-endpoints",
    operation_id="listWebhookEndpoints",
    status_code=200,
    response_model=Page[EndpointBody],
)
async def list_endpoints(
    request: Request,
    response: Response,
    queries: FromQueries,
    pager: Paging,
    before: Before,
    limit: Limit = 20,
    caller: Caller = requires("webhooks:read"),
) -> Page[EndpointBody]:
    """Your organisation's endpoints, newest first."""
    rows = await queries.endpoints(own_organisation(caller), before, limit)
    shown, cursor = pager.page(request, response, rows, limit, lambda row: [row.id])
    return Page(items=[EndpointBody.model_validate(row) for row in shown], next_cursor=cursor)


@routes.get(
    "/v1/webhook-endpoints/{endpoint_id}",
    operation_id="getWebhookEndpoint",
    status_code=200,
    response_model=EndpointBody,
)
async def get_endpoint(
    endpoint_id: UUID, response: Response, queries: FromQueries, caller: Caller = requires("webhooks:read")
) -> EndpointBody:
    """One of your organisation's endpoints; its secret is never shown again."""
    endpoint = EndpointBody.model_validate(await queries.endpoint(own_organisation(caller), endpoint_id))
    response.headers["ETag"] = etag(endpoint.version)
    return endpoint


@routes.delete("/v1/webhook-endpoints/{endpoint_id}", operation_id="removeWebhookEndpoint", status_code=204)
async def remove_endpoint(
    endpoint_id: UUID, request: IdempotentRequest, caller: Caller = requires("webhooks:write")
) -> Response:
    """Remove an endpoint with its secret and the record of its deliveries."""
    command = RemoveEndpoint(endpoint_id, own_organisation(caller))
    return await request.execute(caller, handlers.remove_endpoint, command, no_content)


@routes.post(
    "/v1/webhook-endpoints/{endpoint_id}/secret",
    operation_id="rotateWebhookSecret",
    status_code=200,
    response_model=EndpointWithSecret,
)
async def rotate_secret(
    endpoint_id: UUID,
    request: IdempotentRequest,
    cipher: FromCipher,
    caller: Caller = requires("webhooks:write"),
) -> Response:
    """Give the endpoint a new secret. For 24 hours webhooks are signed with both."""
    command = RotateSecret(endpoint_id, own_organisation(caller))
    given = await request.execute(caller, handlers.rotate_secret, command, answer(200, EndpointWithSecret.of))
    return _with_secret(given, cipher)


@routes.post(
    "/v1/webhook-endpoints/{endpoint_id}/enable",
    operation_id="enableWebhookEndpoint",
    status_code=200,
    response_model=EndpointBody,
)
async def enable_endpoint(
    endpoint_id: UUID, request: IdempotentRequest, caller: Caller = requires("webhooks:write")
) -> Response:
    """Send to a disabled endpoint again, from the next event on. What was stopped can be replayed."""
    command = EnableEndpoint(endpoint_id, own_organisation(caller))
    return await request.execute(caller, handlers.enable_endpoint, command, answer(200, EndpointBody.of))


@routes.post(
    "/v1/webhook-endpoints/{endpoint_id}/test",
    operation_id="testWebhookEndpoint",
    status_code=202,
    response_model=DeliveryBody,
    responses=documented(EndpointDisabled),
)
async def send_test_webhook(
    endpoint_id: UUID, request: IdempotentRequest, caller: Caller = requires("webhooks:write")
) -> Response:
    """Send a `webhook.test` to the endpoint; its attempts are in the list of deliveries."""
    command = SendTest(new_id(), endpoint_id, own_organisation(caller))
    return await request.execute(caller, handlers.send_test, command, answer(202, DeliveryBody.of))


@routes.get(
    "/v1/webhook-endpoints/{endpoint_id}/deliveries",
    operation_id="listWebhookDeliveries",
    status_code=200,
    response_model=Page[DeliveryWithAttempts],
)
async def list_deliveries(
    endpoint_id: UUID,
    request: Request,
    response: Response,
    queries: FromQueries,
    pager: Paging,
    before: Before,
    limit: Limit = 20,
    caller: Caller = requires("webhooks:read"),
) -> Page[DeliveryWithAttempts]:
    """The endpoint's deliveries of the last four weeks, newest first, with every attempt."""
    rows = await queries.deliveries(own_organisation(caller), endpoint_id, before, limit)
    shown, cursor = pager.page(request, response, rows, limit, lambda row: [row.id])
    return Page(items=[DeliveryWithAttempts.model_validate(row) for row in shown], next_cursor=cursor)


@routes.post(
    "/v1/deliveries/{delivery_id}/replay",
    operation_id="replayWebhookDelivery",
    status_code=202,
    response_model=DeliveryBody,
    responses=documented(DeliveryPending, EndpointDisabled),
)
async def replay(
    delivery_id: UUID, request: IdempotentRequest, caller: Caller = requires("webhooks:write")
) -> Response:
    """Send a delivery again now, under the same `webhook-id`, whatever became of it."""
    command = ReplayDelivery(delivery_id, own_organisation(caller))
    return await request.execute(caller, handlers.replay_delivery, command, answer(202, DeliveryBody.of))


def _with_secret(given: Response, cipher: Cipher) -> Response:
    """The answer with its secret opened.

    The request keeps answers to give them again: what it keeps holds the sealed secret. So the same
    request with the same key is answered the same, and the secret is nowhere at rest in the clear.
    """
    body = json.loads(bytes(given.body))
    body["secret"] = cipher.open(body["secret"], UUID(body["id"]))
    headers = {name: value for name, value in given.headers.items() if name != "content-length"}
    return Response(json.dumps(body), given.status_code, headers)
