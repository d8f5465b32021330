"""Fixtures of the kit's tests: a toy service in a fresh database, and topics of its own."""

import contextlib
import uuid
from collections.abc import AsyncIterator

import httpx2
import pytest_asyncio
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from fastapi import FastAPI

from tests.infra import databases
from tests.shared.example_service import OTHER_TOPIC, TOPIC, ExampleService, fresh_database
from tests.shared.log import Log
from tests.shared.web import client_of, toy_app
from wex.issuer import Issuer


@pytest_asyncio.fixture
async def example(postgres_admin_url: str) -> AsyncIterator[ExampleService]:
    """The toy service on a fresh database, not yet started."""
    database = await fresh_database(postgres_admin_url)
    beat = ExampleService(database, postgres_admin_url)
    yield beat
    await beat.close()
    await databases.drop(postgres_admin_url, database.name)


@pytest_asyncio.fixture
async def log(kafka_bootstrap: str) -> AsyncIterator[Log]:
    """The toy's two topics, of two partitions each, under a prefix of this test's own."""
    beat = Log(kafka_bootstrap, f"k{uuid.uuid4().hex[:10]}.")
    topics = [beat.prefix + topic for topic in (TOPIC, OTHER_TOPIC)]
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap, request_timeout_ms=15_000)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1) for topic in topics], timeout_ms=15_000)
    yield beat
    with contextlib.suppress(KafkaError):
        await admin.delete_topics(topics)
    await admin.close()


@pytest_asyncio.fixture
async def app(example: ExampleService, issuer: Issuer) -> AsyncIterator[FastAPI]:
    """The toy over HTTP."""
    beat = toy_app(example, issuer.url)
    yield beat
    await beat.state.verifier.close()


@pytest_asyncio.fixture
async def http(app: FastAPI, issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of the toy who may do everything there is."""
    token = issuer.token(audience="wex-toy", scope="things:read things:write", organisation_id=uuid.uuid4())
    async with client_of(app, authorization=f"Bearer {token}") as client:
        yield client
