"""Fixtures of this service's tests."""

import pytest_asyncio

from tests.infra.running import Running, RunService
from tests.opportunities.scenario import clock


@pytest_asyncio.fixture
async def idle_service(run_service: RunService) -> Running:
    """The service's HTTP side at the tests' today, without its worker."""
    return await run_service("opportunities", clock=clock(), worker=False)
