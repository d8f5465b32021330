"""F19: tenants mixed on one connection, a third of the transactions broken midway, the connection cut."""

import asyncio
import contextlib

import asyncpg

from tests.attack.rows import attack_rows
from tests.faults.stage import Stage

TRANSACTIONS = 400


async def mixed_tenants(stage: Stage, transactions: int = TRANSACTIONS) -> str:
    """The attack's mixture beside the schools' own work, its connection cut again and again."""
    scenario = stage.scenario
    over = asyncio.Event()
    cutting = asyncio.create_task(_cut(stage, over))
    url = scenario.platform.database("bookings").app_url
    try:
        attack, _ = await asyncio.gather(attack_rows(url, transactions, stage.seed), stage.work())
    finally:
        over.set()
        cut = await cutting
    stage.foreign += attack.broken
    stage.facts |= {"transactions": transactions, "checks": attack.tried, "connections_cut": cut}
    stage.facts |= {"seconds": round(attack.seconds, 2)}
    return f"{transactions} transactions, {cut} connections cut"


async def _cut(stage: Stage, over: asyncio.Event) -> int:
    """End the mixture's backend, and now and then one of the service's, at any moment."""
    cut = 0
    query = """select pg_terminate_backend(pid) from pg_stat_activity
               where datname = 'wex_bookings' and usename = 'wex_bookings_app' and application_name = $1
               order by random() limit 1"""
    while not over.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(over.wait(), stage.draw.uniform(0.05, 0.4))
        whose = "attack" if stage.draw.random() < 0.8 else "wex-bookings"
        with contextlib.suppress(asyncpg.PostgresError, OSError):
            cut += len(await stage.scenario.rows.ask("bookings", query, whose))
    return cut
