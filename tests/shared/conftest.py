"""Fixtures of the kit's tests: a example service in a fresh database, and topics of its own."""

import contextlib
import uuid
from collections.abc import AsyncIterator

import httpx2
import pytest
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from fastapi import FastAPI

from shared.kernel import FixedClock
from tests.infra import databases
from tests.shared.example_service import OTHER_TOPIC, TOPIC, ExampleService, fresh_database
from tests.shared.log import Log
from tests.shared.waits import NOON
from tests.shared.web import client_of, example_app
from wex.issuer import Issuer


@pytest_asyncio.fixture
async def example(postgres_admin_url: str) -> AsyncIterator[ExampleService]:
    """The example service on a fresh database, not yet started."""
    database = await fresh_database(postgres_admin_url)
    made = ExampleService(database, postgres_admin_url)
    yield made
    await made.close()
    await databases.drop(postgres_admin_url, database.name)


@pytest_asyncio.fixture
async def log(kafka_bootstrap: str) -> AsyncIterator[Log]:
    """The example service's two topics, of two partitions each, under a prefix of this test's own."""
    made = Log(kafka_bootstrap, f"k{uuid.uuid4().hex[:10]}.")
    topics = [made.prefix + topic for topic in (TOPIC, OTHER_TOPIC)]
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap, request_timeout_ms=60_000)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1) for topic in topics], timeout_ms=60_000)
    yield made
    with contextlib.suppress(KafkaError):
        await admin.delete_topics(topics)
    await admin.close()


@pytest_asyncio.fixture
async def app(example: ExampleService, issuer: Issuer) -> AsyncIterator[FastAPI]:
    """The example over HTTP."""
    made = example_app(example, issuer.url)
    yield made
    await made.state.verifier.close()


@pytest_asyncio.fixture
async def http(app: FastAPI, issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of the example who may do everything there is."""
    token = issuer.token(
        audience="wex-example", scope="things:read things:write", organisation_id=uuid.uuid4()
    )
    async with client_of(app, authorization=f"Bearer {token}") as client:
        yield client


@pytest.fixture
def clock(example: ExampleService) -> FixedClock:
    """The example service's clock, at noon."""
    example.clock = example.bus._clock = FixedClock(NOON)
    return example.clock
