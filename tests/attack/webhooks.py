"""Webhooks to where they must not go, and to receivers that mean no good, against a real worker."""

import asyncio
import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import psutil

from integrations.egress.client import DEADLINE
from shared.persistence.provision import with_database
from tests.attack.documents import operations
from tests.attack.findings import Attack, percentile
from tests.attack.liar import name_of
from tests.attack.scenario import Scenario
from tests.infra.polling import eventually
from tests.integrations.egress.test_addresses import HOSTILE, HOSTILE_URLS
from tests.integrations.receivers import BEHAVIOURS, Receiver, receiving
from wex import health

OF_EACH = 3  # endpoints of each kind of receiver
DELIVERIES = 4  # to each of them
NEIGHBOURS = 40  # deliveries to somebody else, one after the other
MAX_GROWTH = 100_000_000  # bytes of memory
ENDPOINTS = 20  # of one organisation
LOOPBACK = "http://127.0.0.1"
_FIRST_ATTEMPTS = """
    select distinct on (d.endpoint_id) d.endpoint_id, a.status_code, a.error, a.milliseconds
    from webhook_deliveries d join webhook_attempts a using (delivery_id)
    where d.endpoint_id = any ($1) order by d.endpoint_id, a.at
"""


@dataclass
class Partners:
    """Organisations with endpoints, as many as are asked for."""

    scenario: Scenario
    database: "asyncpg.Connection[asyncpg.Record]"
    made: int = 0
    organisation: UUID = field(default_factory=uuid4)

    async def ask(self, name: str, ids: dict[str, str] | None = None, **body: Any) -> Any:
        """Carry out an operation of `integrations` for the present organisation."""
        operation = next(each for each in operations() if each.told["operationId"] == name)
        token = self.scenario.token("integrations", self.organisation)
        return await self.scenario.send(operation, token, ids, **({"json": body} if body else {}))

    async def endpoint(self, url: str) -> UUID:
        """An endpoint that leads there; where registering would refuse it, it came to lead there later."""
        if self.made % ENDPOINTS == 0:
            self.organisation = uuid4()
        self.made += 1
        usual = url if url.startswith(LOOPBACK) else f"{LOOPBACK}:9/"
        answer = await self.ask("registerWebhookEndpoint", url=usual, event_types=["booking.confirmed.v1"])
        made = UUID(answer.json()["id"])
        await self.database.execute("update webhook_endpoints set url = $2 where endpoint_id = $1", made, url)
        return made

    async def send(self, endpoint: UUID) -> None:
        """A delivery to an endpoint of the present organisation."""
        answer = await self.ask("testWebhookEndpoint", {"endpoint_id": str(endpoint)})
        answer.raise_for_status()

    async def first_attempts(self, endpoints: list[UUID]) -> dict[UUID, tuple[int | None, str | None, int]]:
        """What came of the first attempt at each, waited for: a status or a failure, and milliseconds."""

        async def look() -> Any:
            rows = await self.database.fetch(_FIRST_ATTEMPTS, endpoints)
            return rows if len(rows) == len(endpoints) else None

        with contextlib.suppress(AssertionError):
            await eventually(look, within=DEADLINE * 3, every=0.3)
        rows = await self.database.fetch(_FIRST_ATTEMPTS, endpoints)
        return {row["endpoint_id"]: tuple(row)[1:] for row in rows}


async def attack_webhooks(scenario: Scenario) -> list[Attack]:
    """Addresses first, then receivers, with a worker whose name servers lie."""
    url = with_database(scenario.platform.addresses.postgres, scenario.platform.database("integrations").name)
    database = await asyncpg.connect(url, timeout=10)
    try:
        async with _lied_to(scenario) as worker:
            partners = Partners(scenario, database)
            attacks = [await _addresses(partners), await _receivers(partners, worker)]
            # The usual worker must not ask real name servers for what is left.
            await database.execute("delete from webhook_endpoints where url not like 'http://127.0.0.1:%'")
        return attacks
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def _lied_to(scenario: Scenario) -> AsyncIterator[psutil.Process]:
    """The worker of `integrations` in its own place, with lying name servers."""
    name = "integrations-worker"
    environment = scenario.platform._command(name).environment
    await scenario.platform.stop(name)
    with scenario.platform.log("liar").open("w") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.attack.liar"), env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        port = scenario.platform.addresses.ports[name]
        await eventually(lambda: health.serves(process.pid, port))
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()
        await scenario.platform.start(name)


async def _addresses(partners: Partners) -> Attack:
    attack = Attack("hostile addresses", "webhook URLs and names that lead inside, at once or later: refused")
    for url, rule in HOSTILE_URLS:
        if url.startswith(LOOPBACK):
            continue  # what a local stack may do
        answer = await partners.ask("registerWebhookEndpoint", url=url, event_types=["booking.confirmed.v1"])
        told = answer.json()
        refused = answer.status_code == 422 and told.get("rule", rule) == rule
        attack.expect(refused, f"{url!r} was answered {answer.status_code} {answer.text[:160]}")
    led: dict[UUID, tuple[str, str]] = {}
    for url, rule in _later():
        endpoint = await partners.endpoint(url)
        led[endpoint] = (url, rule)
        await partners.send(endpoint)
    found = await partners.first_attempts(list(led))
    for endpoint, (url, rule) in led.items():
        status, error, _ = found.get(endpoint, (None, None, 0))
        attack.expect((status, error) == (None, rule), f"{url!r} came to {status} {error}, not {rule}")
    return attack.over()


def _later() -> list[tuple[str, str]]:
    """URLs that were registered when they were harmless, and the failure each attempt must be."""
    led = [
        (url, rule) for url, rule in HOSTILE_URLS if 0 < len(url) <= 2_000 and not url.startswith(LOOPBACK)
    ]
    for address in HOSTILE:
        with contextlib.suppress(ValueError):
            led += [
                (f"https://{name_of(*addresses)}/", "address-refused")
                for addresses in ((address,), ("93.184.216.34", address), (address, "2606:4700:4700::1111"))
            ]
    return led


async def _receivers(partners: Partners, worker: psutil.Process) -> Attack:
    attack = Attack("hostile receivers", "slow, endless, broken and redirecting ones: bounded, others served")
    before = worker.memory_info().rss
    async with contextlib.AsyncExitStack() as stack:
        neighbour = await stack.enter_async_context(receiving())
        usual = await _neighbours(partners, neighbour, attack)
        sent: dict[UUID, tuple[str, tuple[int | None, str | None]]] = {}
        receivers: list[tuple[str, Receiver]] = []
        for does, behaviour, expected in BEHAVIOURS:
            receiver = await stack.enter_async_context(receiving())
            receiver.always = behaviour
            receivers.append((does, receiver))
            for _ in range(OF_EACH):
                endpoint = await partners.endpoint(receiver.url)
                sent[endpoint] = (does, expected)
                for _ in range(DELIVERIES):
                    await partners.send(endpoint)
        meanwhile = await _neighbours(partners, neighbour, attack)
        grown = worker.memory_info().rss - before
        found = await partners.first_attempts(list(sent))
        for endpoint, (does, expected) in sent.items():
            *reply, milliseconds = found.get(endpoint, (None, None, 0))
            attack.expect(tuple(reply) == expected, f"who {does}: {reply}, not {expected}")
            attack.expect(milliseconds < (DEADLINE + 2) * 1000, f"who {does} was given {milliseconds} ms")
        for does, receiver in receivers:
            targets = {hook.target for hook in receiver.hooks}
            attack.expect(targets == {"/hooks"}, f"who {does} was asked for {targets}")
    attack.expect(grown < MAX_GROWTH, f"memory grew by {grown / 1e6:.0f} MB")
    attack.facts.append(
        f"a neighbour's delivery p50 {percentile(usual, 50):.0f} ms, p99 {percentile(usual, 99):.0f} ms"
        f" before, p50 {percentile(meanwhile, 50):.0f} ms, p99 {percentile(meanwhile, 99):.0f} ms meanwhile;"
        f" the worker's memory {grown / 1e6:+.0f} MB"
    )
    return attack.over()


async def _neighbours(partners: Partners, receiver: Receiver, attack: Attack) -> list[float]:
    """Milliseconds from the answer to a request until its webhook arrives, one after the other."""
    endpoint, took = await partners.endpoint(receiver.url), []
    for _ in range(NEIGHBOURS):
        count = len(receiver.hooks)
        await partners.send(endpoint)
        began = time.monotonic()
        try:
            await eventually(lambda count=count: len(receiver.hooks) > count, every=0.001)  # type: ignore[misc]
        except AssertionError:
            attack.broken.append("a neighbour's delivery did not arrive within 10 s")
        took.append((time.monotonic() - began) * 1000)
        attack.tried += 1
    return took
