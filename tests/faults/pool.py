"""F18: clients give up in the middle of requests while their backends are cancelled and killed."""

import asyncio
import time
from contextlib import suppress

import asyncpg

from tests.faults.outage import clients_go_on
from tests.faults.stage import Stage
from tests.infra.polling import eventually

_AT_ONCE = 40  # readers afterwards, four times what a pool has
_STRIKE = """select {function}(pid) from pg_stat_activity
    where datname = 'wex_bookings' and application_name = 'wex-bookings' and pid <> pg_backend_pid()
    order by state = 'active' desc, random() limit 2"""
_LEFT = """select count(*) from pg_stat_activity
    where datname = 'wex_bookings' and application_name like 'wex-bookings%'
      and state like 'idle in transaction%' and state_change < now() - interval '3 seconds'"""


async def storm_on_the_pool(stage: Stage) -> str:
    """F18: afterwards no transaction is left open, and four times as many as a pool holds are answered."""
    scenario, draw, struck = stage.scenario, stage.draw, 0
    scenario.insist.hasty = draw
    try:
        async with clients_go_on(stage):
            until = time.monotonic() + draw.uniform(3, 8)
            while time.monotonic() < until:
                await asyncio.sleep(draw.uniform(0.01, 0.2))
                function = draw.choice(["pg_cancel_backend", "pg_terminate_backend"])
                with suppress(asyncpg.PostgresError, OSError):
                    struck += len(await scenario.rows.ask("bookings", _STRIKE.format(function=function)))
            stage.mended_at = time.monotonic()
    finally:
        scenario.insist.hasty = None

    async def nothing_is_left() -> bool:
        return not (await scenario.rows.ask("bookings", _LEFT))[0][0]

    await eventually(nothing_is_left)
    leader = scenario.schools[0].leader
    readers = (scenario.insist.read(leader, "bookings", "/v1/bookings?limit=5") for _ in range(_AT_ONCE))
    answers = await asyncio.gather(*readers)
    if set(answers) != {200}:
        stage.broken.append(f"after the storm {_AT_ONCE} readers were told {sorted(set(answers), key=str)}")
    return f"{struck} backends cancelled or killed"
