"""One more process of a kind the platform has, beside the one it runs."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from wex import health
from wex.platform import Platform
from wex.ports import free_port
from wex.processes import Child, start, until_ready


@asynccontextmanager
async def another(platform: Platform, name: str, *module: str) -> AsyncIterator[tuple[Child, int]]:
    """The process and its port, run as `module` where one is given; it ends gracefully.

    A worker has no instance name here: it leaves its group when it ends.
    """
    command, port = platform.command(name), free_port()
    environment = {**command.environment, "WEX_HTTP_PORT": str(port)}
    environment.pop("WEX_INSTANCE", None)
    another_one = replace(
        command,
        name=f"another-{name}",
        argv=(sys.executable, "-m", *(module or command.module)),
        environment=environment,
        log=platform.folders.log(f"another-{name}"),
        port=port,
    )
    child = start(another_one, platform.folders.run)
    try:
        await until_ready(child, lambda: health.serves(child.pid, port), within=180)
        yield child, port
    finally:
        await child.stop()
