"""Webhooks out, over a real receiver: signed, tried again, isolated, replayed, rotated, stopped."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
import pytest_asyncio
from standardwebhooks import WebhookVerificationError

from integrations.adapters.dispatcher import Dispatcher
from integrations.adapters.egress import Egress
from integrations.adapters.vault import SecretVault
from shared.contracts.bookings import BookingConfirmed, BookingEnded
from shared.kernel import FixedClock
from tests.infra.polling import eventually
from tests.infra.running import Client, Running, RunService
from tests.integrations.receivers import Receiver, drip, hang, receiving, status
from tests.integrations.test_rosters import seen_by

SCOPES = "webhooks:read webhooks:write"
KEY = bytes(range(32))


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running


def confirmed(institution: UUID, provider: UUID | None = None) -> BookingConfirmed:
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
    body = {"url": receiver.url, "event_types": list(types) or ["booking.confirmed.v1"]}
    answer = await client.post("/v1/webhook-endpoints", body, key=key)
    assert answer.status_code == 201, answer.text
    registered: dict[str, Any] = answer.json()
    return registered


async def deliveries(client: Client, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (
        await client.get(f"/v1/webhook-endpoints/{endpoint['id']}/deliveries")
    ).json()["items"]
    return items


async def in_state(client: Client, endpoint: dict[str, Any], state: str) -> dict[str, Any]:
    async def look() -> dict[str, Any] | None:
        return next((each for each in await deliveries(client, endpoint) if each["state"] == state), None)

    found: dict[str, Any] = await eventually(look)
    return found


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


async def test_a_delivery_starts_within_a_moment_of_its_commit(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations")
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    waits = []
    for count in range(1, 6):
        begun = time.monotonic()
        await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
        await eventually(lambda count=count: len(receiver.hooks) == count, every=0.002)  # type: ignore[misc]
        waits.append(time.monotonic() - begun)
    assert sorted(waits)[2] < 0.2, waits


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
        return (await client.get(path)).json()["disabled_reason"] == "failing"

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
        begun = time.monotonic()
        await service.hear(*(confirmed(uuid4(), provider) for _ in range(6)))
        await eventually(lambda: len(receiver.hooks) == 6)
        assert time.monotonic() - begun < 3
        assert len(slow.hooks) == 4, "no more at once than an endpoint may have"


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


async def test_after_a_rotation_both_secrets_verify_for_a_day(
    run_service: RunService, receiver: Receiver
) -> None:
    clock = FixedClock(datetime(2026, 9, 1, 9, tzinfo=UTC))
    service = await run_service("integrations", clock=clock)
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"

    rotated = await client.post(f"{path}/secret", key="rotate")
    again = await client.post(f"{path}/secret", key="rotate")

    assert rotated.status_code == 200, rotated.text
    assert rotated.json() == again.json()
    assert rotated.json()["secret"] != endpoint["secret"]
    for wait, old_holds in ((timedelta(0), True), (timedelta(hours=25), False)):
        clock.move(wait)
        receiver.hooks.clear()
        await client.post(f"{path}/test")
        await eventually(lambda: len(receiver.hooks) == 1)
        receiver.hooks[0].verify(rotated.json()["secret"])
        if old_holds:
            receiver.hooks[0].verify(endpoint["secret"])
        else:
            with pytest.raises(WebhookVerificationError):
                receiver.hooks[0].verify(endpoint["secret"])


async def test_the_secret_is_shown_again_for_the_same_key_and_nowhere_at_rest(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations", worker=False)
    organisation = uuid4()
    client = service.caller(SCOPES, organisation=organisation)

    first = await register(client, receiver, key="once")
    again = await register(client, receiver, key="once")

    assert first == again
    assert first["secret"].startswith("whsec_")
    shown = await client.get("/v1/webhook-endpoints")
    assert [item["id"] for item in shown.json()["items"]] == [first["id"]]
    assert "secret" not in shown.text
    connection = await asyncpg.connect(service.database.app_url)
    try:
        await connection.execute("select set_config('app.tenants', $1, false)", str(organisation))
        kept = [
            str([dict(row) for row in await connection.fetch(f"select * from {table}")])
            for table in ("inbox", "webhook_endpoints", "outbox")
        ]
    finally:
        await connection.close()
    assert all(first["id"].replace("-", "") in each.replace("-", "") for each in kept[:2])
    assert "whsec_" not in str(kept)
    assert first["secret"].removeprefix("whsec_") not in str(kept)


async def test_a_url_is_refused_at_registration_by_the_rules_of_sending(run_service: RunService) -> None:
    service = await run_service("integrations", worker=False, allow_loopback_webhooks=False)
    client = service.caller(SCOPES, organisation=uuid4())
    for url, rule in (
        ("http://127.0.0.1:9/", "https-only"),
        ("https://10.0.0.1/", "public-name-only"),
        ("https://no-such-name.example.invalid/", "public-name-only"),
    ):
        body = {"url": url, "event_types": ["booking.confirmed.v1"]}
        answer = await client.post("/v1/webhook-endpoints", body)
        problem = answer.json()
        assert (answer.status_code, problem["slug"], problem["rule"]) == (422, "url-not-allowed", rule)
        assert problem["field"] == "body.url"
        assert url not in answer.text
    body = {"url": "https://a.example.org/", "event_types": ["learner.spied.v1"]}
    assert (await client.post("/v1/webhook-endpoints", body)).status_code == 422


async def test_unknown_types_and_too_many_endpoints_are_refused(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations", worker=False)
    client = service.caller(SCOPES, organisation=uuid4())
    answer = await client.post(
        "/v1/webhook-endpoints", {"url": receiver.url, "event_types": ["booking.confirmed.v1", "x.y.v1"]}
    )
    assert (answer.status_code, answer.json()["slug"]) == (422, "event-type-unknown")
    assert answer.json()["field"] == "body.event_types.1"
    for _ in range(20):
        await register(client, receiver)
    answer = await client.post(
        "/v1/webhook-endpoints", {"url": receiver.url, "event_types": ["booking.confirmed.v1"]}
    )
    assert (answer.status_code, answer.json()["slug"]) == (409, "too-many-endpoints")
    first = (await client.get("/v1/webhook-endpoints", limit=15)).json()
    second = (await client.get("/v1/webhook-endpoints", limit=15, cursor=first["next_cursor"])).json()
    assert len({item["id"] for item in first["items"] + second["items"]}) == 20
    types = (await service.http.get("/v1/webhook-event-types")).json()["event_types"]
    assert "booking.confirmed.v1" in {each["name"] for each in types}


async def test_a_stranger_is_told_404_and_the_database_alone_holds_it(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations")
    mine, other = uuid4(), uuid4()
    client, stranger = (service.caller(SCOPES, organisation=each) for each in (mine, other))
    endpoint = await register(client, receiver)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    await client.post(f"{path}/test")
    delivery = await in_state(client, endpoint, "delivered")

    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get(f"{path}/deliveries")).status_code == 404
    for action in (
        f"{path}/test",
        f"{path}/secret",
        f"{path}/enable",
        f"/v1/deliveries/{delivery['id']}/replay",
    ):
        assert (await stranger.post(action)).status_code == 404
    assert (await stranger.send("DELETE", path)).status_code == 404
    for table in ("webhook_endpoints", "webhook_deliveries", "webhook_attempts"):
        assert await seen_by(service, other, table) == 0
        assert await seen_by(service, None, table) == 0
        assert await seen_by(service, mine, table) == 1


async def test_a_removed_endpoint_takes_everything_with_it(
    run_service: RunService, receiver: Receiver
) -> None:
    service = await run_service("integrations", webhook_retry_seconds="60")
    school = uuid4()
    client = service.caller(SCOPES, organisation=school)
    endpoint = await register(client, receiver)
    receiver.answers = [status(500)]
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    await client.post(f"{path}/test")
    await eventually(lambda: len(receiver.hooks) == 1)

    assert (await client.send("DELETE", path, key="remove")).status_code == 204
    assert (await client.send("DELETE", path, key="remove")).status_code == 204
    assert (await client.send("DELETE", path)).status_code == 404
    for table in ("webhook_endpoints", "webhook_deliveries", "webhook_attempts"):
        assert await seen_by(service, school, table) == 0
    assert await seen_by(service, None, "webhook_queue") == 0
    assert await seen_by(service, None, "deadlines") == 0


async def test_old_deliveries_are_forgotten_day_by_day(run_service: RunService, receiver: Receiver) -> None:
    clock = FixedClock(datetime(2026, 9, 1, 9, tzinfo=UTC))
    service = await run_service("integrations", clock=clock)
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    await client.post(f"{path}/test")
    await in_state(client, endpoint, "delivered")
    clock.move(timedelta(days=20))
    newer = (await client.post(f"{path}/test")).json()
    clock.move(timedelta(days=9))

    async def only_the_newer() -> bool:
        return [each["id"] for each in await deliveries(client, endpoint)] == [newer["id"]]

    await eventually(only_the_newer)


async def test_deliveries_are_paged_newest_first(run_service: RunService, receiver: Receiver) -> None:
    service = await run_service("integrations", worker=False)
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    path = f"/v1/webhook-endpoints/{endpoint['id']}"
    sent = [(await client.post(f"{path}/test")).json()["id"] for _ in range(3)]
    first = (await client.get(f"{path}/deliveries", limit=2)).json()
    second = (await client.get(f"{path}/deliveries", limit=2, cursor=first["next_cursor"])).json()
    assert [item["id"] for item in first["items"] + second["items"]] == sent[::-1]
    pending = await client.post(f"/v1/deliveries/{sent[0]}/replay")
    assert (pending.status_code, pending.json()["slug"]) == (409, "delivery-pending")


async def test_an_answer_that_drips_is_a_timeout(run_service: RunService, receiver: Receiver) -> None:
    service = await run_service("integrations", worker=False)
    client = service.caller(SCOPES, organisation=uuid4())
    endpoint = await register(client, receiver)
    receiver.answers = [drip]
    await client.post(f"/v1/webhook-endpoints/{endpoint['id']}/test")
    dispatcher = Dispatcher(service.runtime, Egress(allow_loopback=True, deadline=0.5), SecretVault(KEY))
    await dispatcher.start()
    done = await in_state(client, endpoint, "delivered")
    await dispatcher.stop()
    assert [(each["status_code"], each["error"]) for each in done["attempts"]] == [
        (None, "timeout"),
        (204, None),
    ]


def dispatcher_of(service: Running, **options: Any) -> Dispatcher:
    return Dispatcher(service.runtime, Egress(allow_loopback=True), SecretVault(KEY), **options)
