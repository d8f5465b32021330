"""Webhooks out, over a real receiver: signed, tried again, isolated, replayed, stopped."""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from standardwebhooks import WebhookVerificationError

from integrations.egress.client import Egress
from integrations.webhooks.cipher import SecretCipher
from integrations.webhooks.dispatcher import Dispatcher
from integrations.webhooks.domain.delivery import delivery_of
from shared.contracts.bookings import BookingConfirmed, BookingEnded
from shared.kernel import FixedClock
from tests.infra.polling import eventually
from tests.infra.running import Running, RunService
from tests.integrations.receivers import Receiver, drip, hang, receiving, status
from tests.integrations.webhooks.scenario import (
    KEY,
    SCOPES,
    confirmed,
    deliveries,
    dispatcher_of,
    in_state,
    register,
)


async def test_an_event_reaches_the_endpoints_of_its_organisations_signed(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations")
    school, provider = uuid4(), uuid4()
    of_school = service.caller(SCOPES, organisation=school)
    of_provider = service.caller(SCOPES, organisation=provider)
    mine, theirs = await register(of_school, receiver), await register(of_provider, receiver)
    await register(service.caller(SCOPES, organisation=uuid4()), receiver)
    await register(of_school, receiver, "booking.ended.v1")

    [event] = await service.hear(confirmed(school, provider), sequence=4)
    await eventually(lambda: len(receiver.hooks) == 2)

    by_secret = {mine["secret"]: 0, theirs["secret"]: 0}
    for hook in receiver.hooks:
        for secret in by_secret:
            try:
                hook.verify(secret)
            except WebhookVerificationError:
                continue
            by_secret[secret] += 1
    assert list(by_secret.values()) == [1, 1]
    of_event = {str(delivery_of(event.id, UUID(each["id"]))) for each in (mine, theirs)}
    assert {hook.id for hook in receiver.hooks} == of_event  # also when it is heard again after a restore
    booking = event.data
    assert isinstance(booking, BookingConfirmed)
    assert receiver.hooks[0].content == {
        "type": "booking.confirmed.v1",
        "timestamp": event.time.isoformat(),
        "data": {
            "booking_id": str(booking.booking_id), "session_id": str(booking.session_id),
            "opportunity_id": str(booking.opportunity_id), "institution_id": str(school),
            "provider_id": str(provider), "first_day": "2026-10-05", "last_day": "2026-10-09", "sequence": 4,
        },
    }  # fmt: skip
    assert len({hook.id for hook in receiver.hooks}) == 2
    done = await in_state(of_school, mine, "delivered")
    assert (done["event_id"], done["event_type"]) == (str(event.id), "booking.confirmed.v1")
    assert [attempt["status_code"] for attempt in done["attempts"]] == [204]
    assert done["attempts"][0]["milliseconds"] >= 0

    await service.deliver(event)
    await service.hear(BookingEnded(**booking.model_dump(), state="cancelled", reason_codes=["weather"]))
    await eventually(lambda: len(receiver.hooks) == 3)
    assert receiver.hooks[2].content["data"]["state"] == "cancelled"
    assert "weather" not in str(receiver.hooks[2].body)


async def test_a_delivery_is_started_by_its_commit_long_before_the_next_poll(
    run_service: RunService, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await run_service("integrations", worker=False)
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    monkeypatch.setattr(sys.modules[Dispatcher.__module__], "POLL_SECONDS", 3600.0)
    dispatcher = dispatcher_of(service)
    await dispatcher.start()
    await eventually(lambda: is_listening(service))
    for count in range(1, 6):
        await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
        await eventually(lambda count=count: len(receiver.hooks) == count)  # type: ignore[misc]
    await dispatcher.stop()


async def is_listening(service: Running) -> bool:
    """Whether a dispatcher has asked the database to be woken."""
    async with service.runtime.database.session() as session:
        listening = text(
            "select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen%'"
        )
        return bool(await session.scalar(listening))


async def test_what_failed_is_sent_again_with_the_same_id_and_a_valid_signature(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations")
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    receiver.answers = [status(500), status(302, location="http://169.254.169.254/")]

    answer = await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
    assert answer.status_code == 202, answer.text
    done = await in_state(client, endpoint, "delivered")

    assert [attempt["status_code"] for attempt in done["attempts"]] == [500, 302, 204]
    assert {hook.id for hook in receiver.hooks} == {answer.json()["id"]}
    assert len({hook.body for hook in receiver.hooks}) == 1
    for hook in receiver.hooks:
        hook.verify(endpoint["secret"])
    assert receiver.hooks[0].content["type"] == "webhook.test"
    shown = (await client.get(f"/v1/webhook-endpoints/{endpoint['id']}")).json()
    assert (shown["state"], shown["failing_since"]) == ("enabled", None)


async def test_an_exhausted_delivery_is_replayed_under_its_id(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations", webhook_retry_seconds="0.05")
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    receiver.answers = [status(500), status(404)]
    await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
    spent = await in_state(client, endpoint, "exhausted")
    assert (await client.get(f"/v1/webhook-endpoints/{endpoint['id']}")).json()["failing_since"]

    answer = await client.post(f"/v1/deliveries/{spent['id']}/replay", key="again")
    assert (answer.status_code, answer.json()["id"]) == (202, spent["id"])
    done = await in_state(client, endpoint, "delivered")
    await client.post(f"/v1/deliveries/{spent['id']}/replay", key="again")

    assert [attempt["status_code"] for attempt in done["attempts"]] == [500, 404, 204]
    assert len(receiver.hooks) == 3


async def test_a_410_disables_the_endpoint_and_stops_what_waits(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations", webhook_retry_seconds="60")
    school = uuid4()
    client = service.caller(SCOPES, organisation=school)
    endpoint = await register(client, receiver)
    receiver.answers = [status(500), status(410)]
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    await client.post(f"{path}/test")
    await eventually(lambda: len(receiver.hooks) == 1)

    await client.post(f"{path}/test")
    stopped = await in_state(client, endpoint, "stopped")

    async def disabled() -> Any:
        shown = (await client.get(path)).json()
        return shown if shown["state"] == "disabled" else None

    assert (await eventually(disabled))["disabled_reason"] == "gone"
    assert [each["state"] for each in await deliveries(client, endpoint)] == ["stopped", "stopped"]
    assert (await client.post(f"{path}/test")).json()["slug"] == "endpoint-disabled"
    refused = await client.post(f"/v1/deliveries/{stopped['id']}/replay")
    assert (refused.status_code, refused.json()["slug"]) == (409, "endpoint-disabled")
    await service.hear(confirmed(school))

    assert (await client.post(f"{path}/enable")).json()["state"] == "enabled"
    assert (await client.post(f"/v1/deliveries/{stopped['id']}/replay")).status_code == 202
    await in_state(client, endpoint, "delivered")


async def test_five_days_of_failure_disable_an_endpoint(run_service: RunService, receiver: Receiver) -> None:
    clock = FixedClock(datetime(2026, 9, 1, 9, tzinfo=UTC))
    service = await run_service("integrations", clock=clock, webhook_retry_seconds="600")
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    receiver.always = status(500)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    await client.post(f"{path}/test")
    await eventually(lambda: len(receiver.hooks) == 1)

    async def failing() -> bool:
        return bool((await client.get(path)).json()["failing_since"])

    await eventually(failing)
    clock.move(timedelta(days=5))
    await client.post(f"{path}/test")

    async def disabled() -> bool:
        return bool((await client.get(path)).json()["disabled_reason"] == "failing")

    await eventually(disabled)


async def test_a_slow_endpoint_does_not_delay_another(run_service: RunService, receiver: Receiver) -> None:
    service = await run_service("integrations")
    school, provider = uuid4(), uuid4()
    slow_client = service.caller(SCOPES, organisation=school)
    quick_client = service.caller(SCOPES, organisation=provider)
    async with receiving() as slow:
        slow.always = hang
        await register(slow_client, slow)
        await register(quick_client, receiver)
        await service.hear(*(confirmed(school) for _ in range(12)))
        await eventually(lambda: len(slow.hooks) >= 4)
        await service.hear(*(confirmed(uuid4(), provider) for _ in range(6)))
        await eventually(lambda: len(receiver.hooks) == 6)
        assert len(slow.hooks) == 4, "no more at once than an endpoint may have, and none of them over"


async def test_a_kill_between_the_answer_and_its_record_sends_again_under_the_same_id(
    run_service: RunService, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = await run_service("integrations", worker=False)
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
    first = dispatcher_of(service, lease=timedelta(seconds=0.5))
    monkeypatch.setattr(first, "_record", lambda *_: asyncio.sleep(60))
    await first.start()
    await eventually(lambda: len(receiver.hooks) == 1)
    for task in (*first._sending, *first._tasks):
        task.cancel()

    second = dispatcher_of(service)
    await second.start()
    await in_state(client, endpoint, "delivered")
    await second.stop()

    assert len(receiver.hooks) == 2
    assert receiver.hooks[0].id == receiver.hooks[1].id


async def test_two_dispatchers_send_each_delivery_once(run_service: RunService, receiver: Receiver) -> None:
    service = await run_service("integrations", worker=False)
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    for _ in range(15):
        await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
    both = [dispatcher_of(service), dispatcher_of(service)]
    await asyncio.gather(*(each.start() for each in both))

    async def all_delivered() -> bool:
        return {each["state"] for each in await deliveries(client, endpoint)} == {"delivered"}

    await eventually(all_delivered)
    await asyncio.gather(*(each.stop() for each in both))
    assert len(receiver.hooks) == len({hook.id for hook in receiver.hooks}) == 15


async def test_an_answer_that_drips_is_a_timeout(run_service: RunService, receiver: Receiver) -> None:
    service = await run_service("integrations", worker=False)
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    receiver.answers = [drip]
    await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
    dispatcher = Dispatcher(service.runtime, Egress(allow_loopback=True, deadline=2), SecretCipher([KEY]))
    await dispatcher.start()
    done = await in_state(client, endpoint, "delivered")
    await dispatcher.stop()
    assert [(each["status_code"], each["error"]) for each in done["attempts"]] == [
        (None, "timeout"),
        (204, None),
    ]
