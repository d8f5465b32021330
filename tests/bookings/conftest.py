"""Fixtures of the tests of bookings."""

import pytest_asyncio

from tests.bookings.world import World, new_world
from tests.infra.running import RunService


@pytest_asyncio.fixture
async def world(run_service: RunService) -> World:
    """The service, with a clock that stands at 1 February 2027."""
    return await new_world(run_service)
