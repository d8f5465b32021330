"""A service running in the test's own process: real HTTP, real broker, real database."""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest_asyncio
import uvicorn
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.structs import TopicPartition
from fastapi import FastAPI
from joserfc.jwk import ECKey

from shared.contracts.contract import Contract
from shared.contracts.envelope import Event, from_message, to_headers
from shared.contracts.registry import published
from shared.kernel import Clock, new_id
from shared.messaging.kafka import header_pairs
from shared.persistence.provision import ServiceDatabase
from shared.runtime import Runtime, Service
from shared.settings import ServiceSettings
from tests.infra.polling import GENEROUS
from wex.issuer import Issuer

ROSTER_KEY = ECKey.generate_key("P-256", private=True, auto_kid=True)


@dataclass
class Running:
    """A service whose API and worker run, and what a test does with it."""

    service: Service[Any]
    runtime: Runtime[Any]
    http: httpx2.AsyncClient
    issuer: Issuer
    database: ServiceDatabase
    bootstrap: str
    prefix: str

    def caller(
        self,
        scope: str,
        *,
        organisation: UUID | None = None,
        acting_for: list[UUID] | None = None,
        learner: UUID | None = None,
        subject: str = "test-client",
    ) -> "Client":
        """A client with these scopes for this organisation."""
        token = self.issuer.token(
            audience=f"wex-{self.service.name}",
            scope=scope,
            client_id=subject,
            organisation_id=organisation,
            acting_for=acting_for or [],
            learner_id=learner,
        )
        return Client(self.http, {"Authorization": f"Bearer {token}"})

    async def hear(self, *events: Contract, sequence: int = 1) -> list[Event[Contract]]:
        """Publish events as another service would; the consumer takes them up."""
        envelopes = [
            Event(new_id(), "/services/test", self.runtime.clock.now(), sequence, data) for data in events
        ]
        await self.deliver(*envelopes)
        return envelopes

    async def deliver(self, *envelopes: Event[Contract]) -> None:
        """Publish these envelopes as they are; a test that delivers twice publishes the same ones again."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all")
        await producer.start()
        try:
            for envelope in envelopes:
                await producer.send_and_wait(
                    self.prefix + envelope.data.topic,
                    envelope.data.model_dump_json().encode(),
                    key=envelope.data.key.encode(),
                    headers=header_pairs(to_headers(envelope).items()),
                )
        finally:
            await producer.stop()

    async def said(self, contract: type[Contract] | None = None) -> list[Event[Contract]]:
        """Everything published so far under the test's topics, oldest first, or of one contract."""
        known = published()
        topics = {contract.topic} if contract else {each.topic for each in known.values()}
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False)
        await consumer.start()
        try:
            found: list[Event[Contract]] = []
            for topic in topics:
                found += await _read_all(consumer, self.prefix + topic, known)
        finally:
            await consumer.stop()
        found.sort(key=lambda event: (event.time, event.sequence))
        return [event for event in found if contract is None or event.type == contract.type]


@dataclass
class Client:
    """A caller: every change gets an Idempotency-Key of its own unless one is given.

    Answered 503 it sends the same request again, as clients are told to: a busy machine misses deadlines.
    """

    http: httpx2.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **params: Any) -> httpx2.Response:
        return await self._answered("GET", path, params=params or None, headers=self.headers)

    async def post(
        self, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        return await self.send("POST", path, body, key=key, **headers)

    async def put(
        self, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        return await self.send("PUT", path, body, key=key, **headers)

    async def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx2.Response:
        """Any method; `headers` in snake case (`if_match="v1"`)."""
        extra = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {**self.headers, "Idempotency-Key": key or str(uuid4()), **extra}
        return await self._answered(method, path, json=body, headers=sent)

    async def _answered(self, method: str, path: str, **request: Any) -> httpx2.Response:
        deadline = time.monotonic() + GENEROUS
        while True:
            answer = await self.http.request(method, path, **request)
            if answer.status_code != 503 or time.monotonic() > deadline:
                return answer
            await asyncio.sleep(float(answer.headers.get("retry-after", "1")))


@contextlib.asynccontextmanager
async def running(
    name: str,
    database: ServiceDatabase,
    bootstrap: str,
    prefix: str,
    issuer: Issuer,
    *,
    clock: Clock | None = None,
    worker: bool = True,
    **settings: Any,
) -> AsyncIterator[Running]:
    """Serve the service's API on a free port and, unless `worker` is false, run its worker."""
    service = _compose(name, database, bootstrap, prefix, issuer, clock, settings)
    async with _served(service.api()) as (app, url), httpx2.AsyncClient(base_url=url, timeout=60) as http:
        here = Running(service, app.state.runtime, http, issuer, database, bootstrap, prefix)
        if not worker:
            yield here
            return
        background = service.worker()
        await background.start()
        try:
            yield here
        finally:
            await background.stop()


RunService = Callable[..., Awaitable[Running]]


@pytest_asyncio.fixture
async def run_service(
    service_database: Any, kafka_bootstrap: str, topic_prefix: str, issuer: Issuer
) -> AsyncIterator[RunService]:
    """Runs a service for this test: `await run_service("bookings", clock=FixedClock(...))`."""
    async with contextlib.AsyncExitStack() as stack:

        async def run(
            name: str, *, clock: Clock | None = None, worker: bool = True, **settings: Any
        ) -> Running:
            database = await service_database(name)
            return await stack.enter_async_context(
                running(
                    name, database, kafka_bootstrap, topic_prefix, issuer,
                    clock=clock, worker=worker, **settings,
                )
            )  # fmt: skip

        yield run


def _compose(
    name: str,
    database: ServiceDatabase,
    bootstrap: str,
    prefix: str,
    issuer: Issuer,
    clock: Clock | None,
    settings: dict[str, Any],
) -> Service[Any]:
    kind: type[ServiceSettings] = import_module(f"{name}.settings").Settings
    values: dict[str, Any] = {
        "environment": "test",
        "database_url": database.app_url,
        "relay_database_url": database.relay_url,
        "owner_database_url": database.owner_url,
        "database_pool_size": 6,
        "kafka_bootstrap": bootstrap,
        "topic_prefix": prefix,
        "issuer": issuer.url,
        "cursor_secret": "a-secret-of-the-tests",
        "pseudonym_secret": "another-secret-of-the-tests",
        "roster_private_key": json.dumps(ROSTER_KEY.as_dict(private=True)),
        "roster_public_key": json.dumps(ROSTER_KEY.as_dict(private=False)),
        "secrets_key": base64.b64encode(bytes(range(32))).decode(),
        "allow_loopback_webhooks": True,
        "webhook_retry_seconds": "0.1,0.2,0.5",
    }
    known = {key: value for key, value in (values | settings).items() if key in kind.model_fields}
    composed: Service[Any] = import_module(f"{name}.main").compose(kind(**known), clock)
    return composed


@contextlib.asynccontextmanager
async def _served(app: FastAPI) -> AsyncIterator[tuple[FastAPI, str]]:
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(_serve(server))
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield app, f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


async def _serve(server: uvicorn.Server) -> None:
    with contextlib.suppress(SystemExit):
        await server._serve()


async def _read_all(
    consumer: AIOKafkaConsumer, topic: str, known: dict[str, type[Contract]]
) -> list[Event[Contract]]:
    partitions = [TopicPartition(topic, number) for number in await _partitions(consumer, topic)]
    consumer.assign(partitions)
    await consumer.seek_to_beginning(*partitions)
    ends = await consumer.end_offsets(partitions)
    found: list[Event[Contract]] = []
    for partition in partitions:
        while await consumer.position(partition) < ends[partition]:
            batch = await consumer.getmany(partition, timeout_ms=200)
            records = [record for record in batch.get(partition, []) if record.value is not None]
            found.extend(from_message(record.headers, record.value, known) for record in records)
    return found


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> list[int]:
    while (numbers := consumer.partitions_for_topic(topic)) is None:
        consumer.unsubscribe()
        consumer.subscribe([topic])
        await consumer._client.force_metadata_update()
        consumer.unsubscribe()
    return sorted(numbers)
