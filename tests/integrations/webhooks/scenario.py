"""What the tests of webhooks share."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

from integrations.egress.client import Egress
from integrations.webhooks.cipher import SecretCipher
from integrations.webhooks.dispatcher import Dispatcher
from shared.contracts.bookings import BookingConfirmed
from tests.infra.polling import eventually
from tests.infra.running import Client, Running
from tests.integrations.receivers import Receiver

SCOPES = "webhooks:read webhooks:write"
KEY = bytes(range(32))


def confirmed(institution: UUID, provider: UUID | None = None) -> BookingConfirmed:
    """A booking was confirmed."""
    return BookingConfirmed(
        booking_id=uuid4(),
        session_id=uuid4(),
        opportunity_id=uuid4(),
        institution_id=institution,
        provider_id=provider or uuid4(),
        learner_ids=[uuid4()],
        first_day=date(2026, 10, 5),
        last_day=date(2026, 10, 9),
    )


async def register(client: Client, receiver: Receiver, *types: str, key: str | None = None) -> dict[str, Any]:
    """An endpoint of the caller at the receiver, with its secret."""
    body = {"url": receiver.url, "event_types": list(types) or ["booking.confirmed.v1"]}
    answer = await client.post("/v1/webhook-endpoints", body, key=key)
    assert answer.status_code == 201, answer.text
    registered: dict[str, Any] = answer.json()
    return registered


async def deliveries(client: Client, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    """The endpoint's deliveries, newest first."""
    items: list[dict[str, Any]] = (
        await client.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries")
    ).json()["items"]
    return items


async def in_state(client: Client, endpoint: dict[str, Any], state: str) -> dict[str, Any]:
    """The endpoint's newest delivery in this state, waited for."""

    async def look() -> list[dict[str, Any]]:
        return [each for each in await deliveries(client, endpoint) if each["state"] == state]

    found: list[dict[str, Any]] = await eventually(look)
    return found[0]


def dispatcher_of(service: Running, **options: Any) -> Dispatcher:
    """A dispatcher beside the service, as another worker would run one."""
    return Dispatcher(service.runtime, Egress(allow_loopback=True), SecretCipher([KEY]), **options)
