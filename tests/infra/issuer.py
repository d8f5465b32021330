"""The development issuer on a free port of its own, in this process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.infra.polling import eventually
from wex import health
from wex.edge import server
from wex.issuer import Issuer, create_app, new_key
from wex.ports import free_port


@contextlib.asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    """An issuer that answers over HTTP; `.token(...)` signs directly."""
    port = free_port()
    issuer = Issuer(f"http://127.0.0.1:{port}", new_key())
    running = server(create_app(issuer), port)
    serving = asyncio.create_task(running._serve())
    await eventually(lambda: health.is_ready(port))
    try:
        yield issuer
    finally:
        running.should_exit = True
        await serving
