"""F25: a standby that follows by streaming replication takes the primary's place, under load."""

import asyncio
import time
from typing import Any

import asyncpg
import psutil

from tests.faults.outage import clients_go_on
from tests.faults.stage import Stage
from tests.infra.polling import eventually
from wex.platform import Platform
from wex.postgres import Postgres

_IN_STEP = "select count(*) from pg_stat_replication where sync_state = 'sync' and state = 'streaming'"
_END_CLIENTS = """select count(pg_terminate_backend(pid)) from pg_stat_activity
    where backend_type = 'client backend' and pid <> pg_backend_pid()"""


async def promoted_standby(stage: Stage) -> str:
    """F25: the primary is killed, frozen or made read-only, and its standby promoted, while clients go on."""
    draw, platform = stage.draw, stage.scenario.platform
    old, new = await _primary_and_standby(platform)
    how, moment = draw.choice(["killed", "frozen", "made read-only"]), draw.uniform(0, 1.5)
    try:
        async with clients_go_on(stage):
            await asyncio.sleep(moment)
            began = time.monotonic()
            await _FENCED[how](platform, old, new)
            stage.mended_at = time.monotonic()
            await _ask(new, "select pg_promote(true, 60)")
            stage.facts["promoted_after"] = round(time.monotonic() - began, 2)
            await asyncio.sleep(draw.uniform(2, 4))
    finally:
        if old.name in platform.running:
            platform.kill(old.name)
    return f"{old.name} {how} at {moment:.2f} s, {new.name} promoted"


async def _primary_and_standby(platform: Platform) -> tuple[Postgres, Postgres]:
    """The server that is written to, and another that has everything it has acknowledged."""
    servers = [platform.database_server(name) for name in platform.shape.databases]
    primary = next(each for each in servers if each.name in platform.running)
    standby = next(each for each in servers if each.name not in platform.running)
    await asyncio.to_thread(standby.follow, primary)
    await platform.start(standby.name)
    # What is acknowledged from here on is on both: only so may nothing be lost.
    await _set(primary, "synchronous_standby_names", "*")
    await _until(primary, _IN_STEP, 1)
    return primary, standby


async def _kill(platform: Platform, old: Postgres, _: Postgres) -> None:
    platform.kill(old.name)


async def _freeze(platform: Platform, old: Postgres, _: Postgres) -> None:
    """It stands still and holds its connections; it is not let go on, which is what fencing is for."""
    process = psutil.Process(platform.pid(old.name))
    for one in (process, *process.children(recursive=True)):
        one.suspend()


async def _make_read_only(_: Platform, old: Postgres, new: Postgres) -> None:
    """A planned switchover: nobody writes any more, the standby has all, and the old one stays readable."""
    await _set(old, "default_transaction_read_only", "on")
    await _until(old, "select current_setting('default_transaction_read_only')", "on")
    await _ask(old, _END_CLIENTS)
    position = await _ask(old, "select pg_current_wal_lsn()::text")
    await _until(new, f"select pg_last_wal_replay_lsn() >= '{position}'", True)


_FENCED = {"killed": _kill, "frozen": _freeze, "made read-only": _make_read_only}


async def _set(server: Postgres, name: str, value: str) -> None:
    await _ask(server, f"alter system set {name} = '{value}'")
    await _ask(server, "select pg_reload_conf()")


async def _ask(server: Postgres, query: str) -> Any:
    connection = await asyncpg.connect(server.url, timeout=30)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def _until(server: Postgres, query: str, wanted: object) -> None:
    async def holds() -> bool:
        return bool(await _ask(server, query) == wanted)

    await eventually(holds)
