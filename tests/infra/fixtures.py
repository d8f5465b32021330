"""The fixtures every test may ask for."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from shared.messaging.topics import apply_topics
from shared.persistence.provision import ServiceDatabase
from tests.infra import databases, engines
from tests.infra.issuer import running_issuer
from tests.infra.topics import remove_topics
from wex.issuer import Issuer

ServiceDatabases = Callable[[str], Awaitable[ServiceDatabase]]
TEST_PARTITIONS = 2
ENGINES = {"postgres_admin_url", "kafka_bootstrap"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs an engine. Tests that start processes of their own have the mark in their file."""
    for item in items:
        if ENGINES & set(getattr(item, "fixturenames", ())):
            item.add_marker("engine")


def pytest_configure(config: pytest.Config) -> None:
    """The controlling process opens the run; its workers inherit it."""
    if not config.option.collectonly:
        engines.open_run()


def pytest_unconfigure() -> None:
    """The controlling process ends what the run has started."""
    engines.close_run()


@pytest_asyncio.fixture(scope="session")
async def postgres_admin_url() -> str:
    """A PostgreSQL server, as its superuser."""
    return await engines.postgres_url()


@pytest_asyncio.fixture(scope="session")
async def kafka_bootstrap() -> str:
    """A Kafka broker."""
    return await engines.kafka_bootstrap()


@pytest_asyncio.fixture
async def topic_prefix(kafka_bootstrap: str) -> AsyncIterator[str]:
    """A prefix of this test's own under which every topic exists, with few partitions."""
    prefix = f"t{uuid.uuid4().hex[:10]}."
    await apply_topics(kafka_bootstrap, prefix, partitions=TEST_PARTITIONS)
    yield prefix
    await remove_topics(kafka_bootstrap, prefix)


@pytest_asyncio.fixture
async def service_database(postgres_admin_url: str) -> AsyncIterator[ServiceDatabases]:
    """Makes a fresh, migrated database of a service: `await service_database("bookings")`."""
    made: list[str] = []

    async def make(service: str) -> ServiceDatabase:
        database = await databases.clone(postgres_admin_url, service)
        made.append(database.name)
        return database

    yield make
    for name in made:
        await databases.drop(postgres_admin_url, name)


@pytest_asyncio.fixture(scope="session")
async def issuer() -> AsyncIterator[Issuer]:
    """A real issuer over HTTP: `issuer.url`, `issuer.token(audience=..., scope=...)`."""
    async with running_issuer() as running:
        yield running


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    """Where a test writes by how many seconds the business clock runs ahead."""
    return tmp_path / "clock"
