"""Fixtures of the tests of bookings."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest_asyncio

from shared.kernel import FixedClock
from shared.messaging.topics import apply_topics
from tests.bookings.scenario import NOW, Scenario
from tests.infra import databases
from tests.infra.fixtures import TEST_PARTITIONS
from tests.infra.running import Running, RunService, running
from tests.infra.topics import remove_topics
from wex.issuer import Issuer


@pytest_asyncio.fixture(scope="session")
async def shared_service(
    postgres_admin_url: str, kafka_bootstrap: str, issuer: Issuer
) -> AsyncIterator[Running]:
    """The service, started once for all tests that leave its clock alone."""
    database = await databases.clone(postgres_admin_url, "bookings")
    prefix = f"t{uuid4().hex[:10]}."
    await apply_topics(kafka_bootstrap, prefix, partitions=TEST_PARTITIONS)
    async with running("bookings", database, kafka_bootstrap, prefix, issuer, clock=FixedClock(NOW)) as here:
        yield here
    await remove_topics(kafka_bootstrap, prefix)
    await databases.drop(postgres_admin_url, database.name)


@pytest_asyncio.fixture
async def scenario(shared_service: Running) -> Scenario:
    """Schools and a provider of this test's own; it is 1 February 2027 and stays so."""
    return Scenario(shared_service, FixedClock(NOW))


@pytest_asyncio.fixture
async def moving_scenario(run_service: RunService) -> Scenario:
    """The same with a service of its own, whose clock the test may move."""
    clock = FixedClock(NOW)
    return Scenario(await run_service("bookings", clock=clock), clock)
