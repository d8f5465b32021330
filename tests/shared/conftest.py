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
from tests.shared.log import Log
from tests.shared.toy import OTHER_TOPIC, TOPIC, Toy, fresh_database
from tests.shared.web import client_of, toy_app
from wex.issuer import Issuer


@pytest_asyncio.fixture
async def toy(postgres_admin_url: str) -> AsyncIterator[Toy]:
    """The toy service on a fresh database, not yet started."""
    database = await fresh_database(postgres_admin_url)
    made = Toy(database, postgres_admin_url)
    yield made
    await made.close()
    await databases.drop(postgres_admin_url, database.name)


@pytest_asyncio.fixture
async def log(kafka_bootstrap: str) -> AsyncIterator[Log]:
    """The toy's two topics, of two partitions each, under a prefix of this test's own."""
    made = Log(kafka_bootstrap, f"k{uuid.uuid4().hex[:10]}.")
    topics = [made.prefix + topic for topic in (TOPIC, OTHER_TOPIC)]
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap, request_timeout_ms=15_000)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 2, 1) for topic in topics], timeout_ms=15_000)
    yield made
    with contextlib.suppress(KafkaError):
        await admin.delete_topics(topics)
    await admin.close()


@pytest_asyncio.fixture
async def app(toy: Toy, issuer: Issuer) -> AsyncIterator[FastAPI]:
    """The toy over HTTP."""
    made = toy_app(toy, issuer.url)
    yield made
    await made.state.verifier.close()


@pytest_asyncio.fixture
async def http(app: FastAPI, issuer: Issuer) -> AsyncIterator[httpx2.AsyncClient]:
    """A caller of the toy who may do everything there is."""
    token = issuer.token(audience="wex-toy", scope="things:read things:write", organisation_id=uuid.uuid4())
    async with client_of(app, authorization=f"Bearer {token}") as client:
        yield client
