"""Fixtures of the register's tests."""

import pytest_asyncio

from tests.infra.running import Running, RunService
from tests.opportunities.scenario import clock


@pytest_asyncio.fixture
async def idle_register(run_service: RunService) -> Running:
    """The register's HTTP side at the tests' today, with nothing working behind it."""
    return await run_service("opportunities", clock=clock(), worker=False)
