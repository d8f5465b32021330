"""Webhook endpoints: registered by the rules, their secrets kept sealed, their organisation's alone."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from standardwebhooks import WebhookVerificationError

from shared.kernel import FixedClock
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.integrations.receivers import Receiver, status
from tests.integrations.rosters.test_rosters import seen_by
from tests.integrations.webhooks.scenario import SCOPES, deliveries, in_state, register


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
