"""What can be asked of webhook endpoints and deliveries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from integrations.webhooks.domain.delivery import Attempt


@dataclass(frozen=True, slots=True)
class RegisterEndpoint:
    """Have events of these types sent to a URL that was checked."""

    endpoint_id: UUID
    organisation_id: UUID
    url: str
    event_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RemoveEndpoint:
    """Forget an endpoint with its secrets, deliveries and attempts."""

    endpoint_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class EnableEndpoint:
    """Send to a disabled endpoint again."""

    endpoint_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class RotateSecret:
    """Sign with a new secret, and for a day with the present one too."""

    endpoint_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class SendTest:
    """Send a `webhook.test` to an endpoint."""

    delivery_id: UUID
    endpoint_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class ReplayDelivery:
    """Send a delivery again."""

    delivery_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class QueueWebhooks:
    """Queue a delivery of an event for every endpoint of its organisations that subscribed to its type."""

    event_id: UUID
    event_type: str
    happened_at: datetime
    organisation_ids: tuple[UUID, ...]
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RecordAttempt:
    """Record what became of an attempt."""

    delivery_id: UUID
    organisation_id: UUID
    attempt: Attempt


@dataclass(frozen=True, slots=True)
class ForgetDeliveries:
    """Forget an endpoint's deliveries that are older than deliveries are kept."""

    endpoint_id: UUID
    organisation_id: UUID
