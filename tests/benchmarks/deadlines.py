"""Deadlines met a second by two workers of one service, with few and with a million others waiting."""

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import timedelta

import asyncpg

from tests.benchmarks.findings import Bar, Finding
from tests.benchmarks.run import Run
from tests.benchmarks.stage import stage
from tests.infra.another import another
from wex.platform import Platform

_WORKER, _NAME = "integrations-worker", "webhook-deliveries-forgotten"
_PER_SECOND = 2_000  # deadlines of a round, for each second of it
_FEW, _MANY = 10_000, 1_000_000
# Met, such a deadline clears an endpoint's old deliveries away and is set again for the next day.
_WAIT = """
    insert into deadlines (name, subject_id, tenant_id, due_at, try_at)
    select $1, gen_random_uuid(), gen_random_uuid(), now() + $2, now() + $2 from generate_series(1, $3)
"""
_UNMET = """
    select exists (select from deadlines
                   where name = $1 and attempts = 0 and try_at < now() + interval '1 hour')
"""


async def measure(run: Run) -> AsyncGenerator[Finding]:
    """The same deadlines first among ten thousand that wait, then among a million."""
    count = round(_PER_SECOND * run.seconds)
    async with stage("integrations") as platform, another(platform, _WORKER):
        connection = await asyncpg.connect(platform.database("integrations").app_url)
        try:
            few = await _rates(run, connection, platform, count, _FEW)
            many = await _rates(run, connection, platform, count, _MANY - _FEW)
        finally:
            await connection.close()
    yield Finding(
        goal="deadlines",
        what=f"met by two workers, {_FEW:,} waiting",
        unit="/s",
        ours=few,
        bar=Bar(floor=1_000, aim=3_000),
        facts={"deadlines": count},
    )
    yield Finding(
        goal="deadlines",
        what=f"met by two workers, {_MANY:,} waiting",
        unit="/s",
        ours=many,
        theirs=few,
        against=f"{_FEW:,} waiting",
        bar=Bar(floor=0.8, aim=0.95),
    )


async def _rates(
    run: Run, connection: "asyncpg.Connection[asyncpg.Record]", platform: Platform, count: int, waiting: int
) -> list[float]:
    """Deadlines met a second, round by round, once so many more wait for next week."""
    await connection.execute(_WAIT, _NAME, timedelta(days=7), waiting)
    await connection.execute("analyze deadlines")
    rates = []
    for number in range(run.rounds + 1):
        await connection.execute(_WAIT, _NAME, timedelta(0), count)
        began = time.perf_counter()
        while await connection.fetchval(_UNMET, _NAME):  # noqa: ASYNC110 - the rows are the only sign
            await asyncio.sleep(0.02)
        if number:  # the first warms up
            rates.append(count / (time.perf_counter() - began))
            run.console.print(f"{platform.services[0]}, {waiting:,} more wait: {rates[-1]:,.0f}/s")
    return rates
