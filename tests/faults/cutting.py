"""F29: a relay loses its database connection in mid-batch, and its rows are another relay's by then."""

import asyncio
import os
import signal
import time
from contextlib import suppress

import asyncpg
import psutil

from tests.faults.outage import clients_go_on
from tests.faults.stage import Stage
from tests.infra.polling import eventually

POINTS = ("R1", "R2", "R3")  # rows taken; given to the client; acknowledged
SAYS_MUCH = ("bookings", "safeguarding", "outcomes")
_RELAYS = """select pid, client_port from pg_stat_activity where application_name = $1"""


async def cut_relay(stage: Stage) -> str:
    """F29: backends of relays are ended at any moment, or beneath a relay that stands still in mid-batch."""
    return await (_stands_still(stage) if stage.draw.random() < 0.6 else _storm(stage))


async def _stands_still(stage: Stage) -> str:
    """The other worker takes the lock and sends; then the one that stood still goes on with its batch."""
    draw, platform = stage.draw, stage.scenario.platform
    service, point = draw.choice(SAYS_MUCH), draw.choice(POINTS)
    first, *others = platform.of_each("worker")[service]
    for name in (first, *others):
        await platform.stop(name)
    await platform.start(first, WEX_FAIL=f"{point}:hang:{draw.choice([1.0, 0.3, 0.1])}")
    for name in others:
        await platform.start(name)
    process = psutil.Process(platform.pid(first))
    async with clients_go_on(stage):
        await eventually(lambda: process.status() == psutil.STATUS_STOPPED)
        ports = {each.laddr.port for each in process.net_connections("tcp4")}
        cut = await _end(stage, service, ports)
        await asyncio.sleep(draw.uniform(1, 4))
        stage.mended_at = time.monotonic()
        os.kill(process.pid, signal.SIGCONT)
        await asyncio.sleep(1)
    await platform.restart(first)
    return f"{first} stood still at {point}, {cut} connections cut"


async def _storm(stage: Stage) -> str:
    draw, cut = stage.draw, 0
    async with clients_go_on(stage):
        until = time.monotonic() + draw.uniform(3, 8)
        while time.monotonic() < until:
            await asyncio.sleep(draw.uniform(0.02, 0.4))
            cut += await _end(stage, draw.choice(SAYS_MUCH))
        stage.mended_at = time.monotonic()
    return f"{cut} connections cut in a storm"


async def _end(stage: Stage, service: str, ports: set[int] | None = None) -> int:
    """End the relays' backends, or those of the process that has these ports; how many."""
    ended = 0
    with suppress(asyncpg.PostgresError, OSError):
        for pid, port in await stage.scenario.rows.ask(service, _RELAYS, f"wex-{service}-relay"):
            if ports is None or port in ports:
                await stage.scenario.rows.ask(service, "select pg_terminate_backend($1)", pid)
                ended += 1
    return ended
