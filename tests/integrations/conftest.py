"""Fixtures of the tests of `integrations`."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.integrations.receivers import Receiver, receiving


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as running:
        yield running
