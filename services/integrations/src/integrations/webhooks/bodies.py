"""Request and response bodies of webhook endpoints and deliveries."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from integrations.egress.domain.destinations import MAX_URL
from integrations.webhooks.domain.delivery import Delivery, DeliveryState
from integrations.webhooks.domain.endpoint import DisabledReason, WebhookEndpoint
from integrations.webhooks.domain.event_types import EVENT_TYPES
from shared.http.bodies import RequestBody, ResponseBody

EventTypeName = Annotated[
    str,
    Field(max_length=80, json_schema_extra={"enum": sorted(EVENT_TYPES)}, examples=["booking.confirmed.v1"]),
]
_SEALED_AT_REST = (
    "Verifies the signatures of Standard Webhooks 1.0.0. Shown in this answer only, and where the same"
    " request is sent again with its Idempotency-Key"
)


class EndpointToRegister(RequestBody):
    """An address to be told at."""

    url: str = Field(
        min_length=1,
        max_length=MAX_URL,
        description="https, port 443, a public host name",
        examples=["https://hooks.partner.example.org/wex"],
    )
    event_types: list[EventTypeName] = Field(
        min_length=1, max_length=50, description="What to be told of, from the published list"
    )


class EndpointBody(ResponseBody):
    """A webhook endpoint."""

    id: UUID
    url: str
    event_types: list[str]
    state: Literal["enabled", "disabled"]
    disabled_reason: DisabledReason | None = Field(
        description="`gone`: it answered 410. `failing`: nothing was taken for five days"
    )
    failing_since: datetime | None = Field(description="First failure since it last took a delivery")
    created_at: datetime
    version: int

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "EndpointBody":
        return cls.model_validate(endpoint)


class EndpointWithSecret(EndpointBody):
    """A webhook endpoint, and its new signing secret."""

    secret: str = Field(description=_SEALED_AT_REST, examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])

    @classmethod
    def of(cls, endpoint: WebhookEndpoint) -> "EndpointWithSecret":
        return cls.model_validate(endpoint)


class DeliveryBody(ResponseBody):
    """A delivery that is on its way."""

    id: UUID = Field(description="Sent as `webhook-id`: the same for every attempt")
    endpoint_id: UUID
    event_id: UUID
    event_type: str
    state: DeliveryState
    created_at: datetime

    @classmethod
    def of(cls, delivery: Delivery) -> "DeliveryBody":
        return cls.model_validate(delivery)


class AttemptBody(ResponseBody):
    """One try of a delivery."""

    at: datetime
    milliseconds: int = Field(description="How long it took")
    status_code: int | None = Field(description="What the endpoint answered; 2xx is success")
    error: str | None = Field(description="Why it did not answer", examples=["timeout"])


class DeliveryWithAttempts(DeliveryBody):
    """A delivery and what became of it."""

    attempts: list[AttemptBody] = Field(description="Oldest first")


class EventTypesBody(ResponseBody):
    """The published list."""

    event_types: list["EventTypeBody"]


class EventTypeBody(ResponseBody):
    """An event type endpoints may listen to."""

    name: str = Field(examples=["booking.confirmed.v1"])
    told_to: list[str] = Field(description="Members of the event that name the organisations it is told to")
    data: list[str] = Field(description="Members of the webhook's `data`")
