"""What the use cases need from the outside, by its role."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Protocol
from uuid import UUID

from integrations.domain.deliveries import Delivery, Schedule
from integrations.domain.endpoints import WebhookEndpoint
from integrations.domain.oneroster import Learner
from integrations.domain.rosters import Roster, SealedRow


class Rosters(Protocol):
    """Keeps rosters."""

    async def next_number(self, institution_id: UUID) -> int:
        """The number of the institution's next roster; until this commits no other gets one."""
        ...

    async def save(self, roster: Roster) -> None:
        """Keep it, and publish its rows."""
        ...


class Endpoints(Protocol):
    """Keeps webhook endpoints."""

    async def get(self, organisation_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
        """The organisation's endpoint. Raises `NotFound`."""
        ...

    async def count(self, organisation_id: UUID) -> int: ...

    async def to_tell(
        self, organisation_ids: Sequence[UUID], event_type: str, event_id: UUID
    ) -> list[tuple[UUID, UUID]]:
        """Enabled endpoints, as (endpoint, organisation), that listen to the type and lack this event."""
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


class Vault(Protocol):
    """Makes secrets and seals them with the service's own key."""

    def new_secret(self, endpoint_id: UUID) -> str:
        """A fresh signing secret, sealed: its plain form never leaves the vault here."""
        ...

    def open(self, sealed: str, endpoint_id: UUID) -> str:
        """The secret as its owner is shown it: `whsec_` and base64."""
        ...


class Sealer(Protocol):
    """Seals rows so that `bookings` alone can open them."""

    def seal(self, institution_id: UUID, learners: Sequence[Learner]) -> tuple[SealedRow, ...]: ...


class Destinations(Protocol):
    """Knows where webhooks may be sent."""

    async def check(self, url: str) -> None:
        """Raises `UrlNotAllowed`."""
        ...


class Reads(Protocol):
    """Answers the lists and single reads; lists newest first, with one row more than `limit` if there is."""

    async def rosters(self, organisation_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]: ...

    async def roster(self, organisation_id: UUID, roster_id: UUID) -> Any:
        """Raises `NotFound`."""
        ...

    async def endpoints(self, organisation_id: UUID, before: UUID | None, limit: int) -> Sequence[Any]: ...

    async def endpoint(self, organisation_id: UUID, endpoint_id: UUID) -> Any:
        """Raises `NotFound`."""
        ...

    async def deliveries(
        self, organisation_id: UUID, endpoint_id: UUID, before: UUID | None, limit: int
    ) -> Sequence[Any]:
        """Raises `NotFound` where there is no such endpoint."""
        ...


class UnitOfWork(Protocol):
    """One transaction of the service."""

    now: datetime
    today: date
    rosters: Rosters
    endpoints: Endpoints
    deliveries: Deliveries
    vault: Vault
    schedule: Schedule

    async def wait_until(self, name: str, subject_id: UUID, tenant_id: UUID, due_at: datetime) -> None:
        """Set or move the deadline `name` of a thing."""
        ...

    async def stop_waiting(self, name: str, subject_id: UUID) -> None:
        """Lift a deadline."""
        ...
