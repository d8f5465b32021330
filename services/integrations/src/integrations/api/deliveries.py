"""Webhook deliveries over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Request, Response

from integrations.api.dependencies import Before, FromDesk
from integrations.api.schemas import DeliveryBody, DeliveryWithAttempts
from integrations.application.commands import ReplayDelivery, SendTest
from integrations.application.deliveries import replay_delivery, send_test
from integrations.domain.deliveries import DeliveryPending
from integrations.domain.endpoints import EndpointDisabled
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Limit, Page, Paging
from shared.http.problems import documented
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["webhooks"])


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
    return await request.execute(caller, send_test, command, answer(202, DeliveryBody.of))


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
    desk: FromDesk,
    pager: Paging,
    before: Before,
    limit: Limit = 20,
    caller: Caller = requires("webhooks:read"),
) -> Page[DeliveryWithAttempts]:
    """The endpoint's deliveries of the last four weeks, newest first, with every attempt."""
    rows = await desk.reads.deliveries(own_organisation(caller), endpoint_id, before, limit)
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
    return await request.execute(caller, replay_delivery, command, answer(202, DeliveryBody.of))
