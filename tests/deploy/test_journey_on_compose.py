"""What lets the journey be walked on compose's containers, held without a Docker engine."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest
import yaml
from standardwebhooks.webhooks import Webhook

from shared.kernel import OffsetClock
from tests.deploy.composition import SERVERS, environment, raw, services
from tests.deploy.test_compose import settings_of
from wex.folders import REPOSITORY
from wex.journey.compose import PARTNER, ComposePlatform, DistantReceiver
from wex.journey.jaeger import spans_of
from wex.journey.receiver import PORT, program
from wex.ports import SERVICES, USUAL_PORTS


class Loader(yaml.SafeLoader):
    """YAML with Compose's own tag."""


Loader.add_constructor("!reset", lambda _loader, _node: None)
OVERRIDE: dict[str, Any] = yaml.load((REPOSITORY / "deploy/compose/journey.yml").read_text(), Loader)[
    "services"
]


@pytest.mark.parametrize("name", SERVERS)
def test_what_production_refuses_is_given_with_a_setting_that_is_not_production(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = settings_of(name.rpartition("-")[0])
    for variable, value in (environment(name) | OVERRIDE[name]["environment"]).items():
        monkeypatch.setenv(variable, value)
    assert settings().environment == "local"
    monkeypatch.setenv("WEX_ENVIRONMENT", "production")
    with pytest.raises(ValueError, match="for local stacks and tests only"):
        settings()


def test_each_server_and_nothing_else_gets_the_clock_and_may_only_read_it() -> None:
    assert set(OVERRIDE) == {*SERVERS, "partner"}
    for name in SERVERS:
        (volume,) = OVERRIDE[name]["volumes"]
        folder = OVERRIDE[name]["environment"]["WEX_CLOCK_FILE"].rpartition("/")[0]
        assert volume.endswith(f":{folder}:ro")


def test_the_partner_has_the_networks_of_the_worker_that_shares_its_address() -> None:
    worker, partner = OVERRIDE["integrations-worker"], OVERRIDE["partner"]
    assert worker["network_mode"] == "service:partner"
    assert worker["networks"] is None
    assert set(partner["networks"]) == set(services()["integrations-worker"]["networks"])
    assert partner["networks"]["inside"] == {"aliases": ["integrations-worker"]}
    assert partner["ports"] == [f"127.0.0.1:{PARTNER.rpartition(':')[2]}:{PORT}"]


def test_the_partner_is_confined_as_our_own_containers_are() -> None:
    partner = OVERRIDE["partner"]
    for name, value in raw()["x-process"].items():
        assert name == "mem_limit" or partner[name] == value, name
    assert partner["image"] == services()["integrations-worker"]["image"]
    for volume in partner["volumes"]:
        assert (REPOSITORY / volume.split(":")[0]).is_file()
        assert volume.endswith(":ro")


def test_addresses_are_those_that_compose_publishes() -> None:
    for service in SERVICES:
        assert ComposePlatform().api(service).endswith(f":{USUAL_PORTS[f'{service}-api']}")


def test_the_journey_moves_the_clock_that_the_containers_read(tmp_path: Any) -> None:
    platform = ComposePlatform(clock=tmp_path / "new" / "clock")
    assert platform.clock_ahead() == 0
    platform.advance(3600)
    platform.advance(1800)
    assert platform.clock_ahead() == 5400
    assert platform.clock.stat().st_mode & 0o777 == 0o644
    before, seen, after = datetime.now(UTC), OffsetClock(platform.clock).now(), datetime.now(UTC)
    assert before <= seen - timedelta(seconds=5400) <= after


async def test_the_distant_receiver_verifies_refuses_once_and_tells() -> None:
    secret = "whsec_" + "c2VjcmV0IG9mIHRoZSB0ZXN0cyAh"
    transport = httpx2.ASGITransport(app=program())
    async with httpx2.AsyncClient(transport=transport, base_url="http://partner") as http:
        receiver = DistantReceiver(url=f"http://127.0.0.1:{PORT}/hooks/one", http=http)
        await receiver.trust(secret)

        async def deliver(path: str, kind: str, key: str = secret) -> int:
            body, now, name = json.dumps({"type": kind}), datetime.now(UTC), f"msg_{kind}"
            headers = {
                "webhook-id": name,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(key).sign(name, now, body),
            }
            return (await http.post(path, content=body, headers=headers)).status_code

        assert await deliver("/hooks/another", "booking.confirmed.v1") == 404
        assert await deliver("/hooks/one", "booking.confirmed.v1", "whsec_" + "b3RoZXI=") == 401
        assert await deliver("/hooks/one", "attendance.recorded.v1") == 500
        assert await deliver("/hooks/one", "attendance.recorded.v1") == 204
        await receiver.refresh()
    assert receiver.came_again()
    assert receiver.types() == {"attendance.recorded.v1"}
    assert receiver.unverified == 1


def test_spans_come_from_jaeger_as_from_the_local_stack() -> None:
    trace, other = uuid4().hex, uuid4().hex
    span = {
        "traceID": trace,
        "spanID": "b" * 16,
        "operationName": "process clearance.granted.v1",
        "references": [
            {"refType": "CHILD_OF", "traceID": trace, "spanID": "a" * 16},
            {"refType": "FOLLOWS_FROM", "traceID": other, "spanID": "c" * 16},
        ],
        "startTime": 1_000_000,
        "duration": 250,
        "tags": [{"key": "error", "type": "bool", "value": True}],
        "processID": "p1",
    }
    answer = {"data": [{"spans": [span], "processes": {"p1": {"serviceName": "bookings"}}}]}
    (found,) = spans_of(answer)
    assert (found.trace, found.parent, found.links) == (trace, "a" * 16, (other,))
    assert (found.service, found.name) == ("bookings", "process clearance.granted.v1")
    assert (found.start, found.end, found.failed) == (1_000_000_000, 1_000_250_000, True)
