"""A platform as benchmarks use it: durable, in a folder of its own, gone afterwards."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from wex.platform import Platform
from wex.ports import SERVICES


@contextlib.asynccontextmanager
async def stage(*services: str) -> AsyncIterator[Platform]:
    """The platform with these services, or all of them; its databases lose nothing in a power cut."""
    with tempfile.TemporaryDirectory(prefix="wex-bench-") as folder:
        await asyncio.to_thread(Path(folder).chmod, 0o755)  # PostgreSQL runs as a user of its own
        async with Platform(Path(folder) / "wex", durable=True, services=services or SERVICES) as platform:
            yield platform
