"""What the use cases of webhooks need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from integrations.webhooks.domain.delivery import Delivery, Schedule
from integrations.webhooks.domain.endpoint import WebhookEndpoint


class Endpoints(Protocol):
    """Keeps webhook endpoints."""

    async def get(self, organisation_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
        """The organisation's endpoint. Raises `NotFound`."""
        ...

    async def count(self, organisation_id: UUID) -> int: ...

    async def subscribed_to(
        self, organisation_ids: Sequence[UUID], event_type: str, event_id: UUID
    ) -> list[tuple[UUID, UUID]]:
        """Enabled endpoints subscribed to the type that lack this event, as (endpoint, organisation)."""
        ...

    async def save(self, endpoint: WebhookEndpoint) -> None: ...

    async def remove(self, endpoint: WebhookEndpoint) -> None: ...


class Deliveries(Protocol):
    """Keeps deliveries, and when each is due."""

    async def get(self, organisation_id: UUID, delivery_id: UUID) -> Delivery:
        """The organisation's delivery. Raises `NotFound`."""
        ...

    async def stop_pending(self, organisation_id: UUID, endpoint_id: UUID) -> None:
        """Stop all of the endpoint's deliveries that are pending."""
        ...

    async def save(self, delivery: Delivery) -> None:
        """Keep it with its new attempts; it is due as it says."""
        ...

    async def forget(self, organisation_id: UUID, endpoint_id: UUID, before: datetime) -> None:
        """Forget the endpoint's deliveries made before an instant that are no longer pending."""
        ...


class Cipher(Protocol):
    """Makes secrets and seals them with the service's own key."""

    def new_secret(self, endpoint_id: UUID) -> str:
        """A fresh signing secret, sealed: its plain form is not returned."""
        ...

    def open(self, sealed: str, endpoint_id: UUID) -> str:
        """The secret as its owner is shown it: `whsec_` and base64."""
        ...


class EndpointsUnitOfWork(Protocol):
    """One transaction, as far as endpoints are concerned."""

    now: datetime
    endpoints: Endpoints
    deliveries: Deliveries
    cipher: Cipher

    async def wait_until(self, name: str, subject_id: UUID, tenant_id: UUID, due_at: datetime) -> None:
        """Set or move the deadline `name` of a thing."""
        ...

    async def stop_waiting(self, name: str, subject_id: UUID) -> None:
        """Lift a deadline."""
        ...


class DeliveriesUnitOfWork(Protocol):
    """One transaction, as far as deliveries are concerned."""

    now: datetime
    endpoints: Endpoints
    deliveries: Deliveries
    schedule: Schedule
