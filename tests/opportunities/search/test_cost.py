"""What a search may cost: anybody may search, and nobody else may feel it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from opportunities.search.reads import AT_ONCE
from tests.infra.polling import eventually
from tests.infra.running import Client, Running
from tests.opportunities.scenario import register_provider

CROWD = 40  # more searches than a process has connections
_HELD = """select count(*) from pg_locks l join pg_database d on d.oid = l.database
           where d.datname = current_database()
             and l.relation = 'opportunities'::regclass and not l.granted"""


@asynccontextmanager
async def endless_searches(
    service: Running, admin_url: str
) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Every search takes as long as it may: what it reads is locked, on the connection given."""
    connection = await asyncpg.connect(f"{admin_url.rpartition('/')[0]}/{service.database.name}")
    try:
        async with connection.transaction():
            await connection.execute("lock table opportunities in access exclusive mode")
            yield connection
    finally:
        await connection.close()


async def test_a_search_that_costs_too_much_is_refused(
    idle_service: Running, postgres_admin_url: str
) -> None:
    anyone = Client(idle_service.http)

    async with endless_searches(idle_service, postgres_admin_url):
        refused = await anyone.get("/v1/opportunities", with_places=5000)

    assert (refused.status_code, refused.json()["slug"]) == (422, "search-too-costly")
    assert refused.json()["field"] == "query"
    assert (await anyone.get("/v1/opportunities", with_places=5000)).status_code == 200


async def test_everything_else_is_answered_beside_a_crowd_of_costly_searches(
    idle_service: Running, postgres_admin_url: str
) -> None:
    provider, _, _ = await register_provider(idle_service)
    over = asyncio.Event()

    async def search_on() -> set[int]:
        answers = set()
        while not over.is_set():
            answers.add((await idle_service.http.get("/v1/opportunities")).status_code)
        return answers

    async with endless_searches(idle_service, postgres_admin_url) as connection:

        async def searches_hold() -> int:
            return int(await connection.fetchval(_HELD))

        async def all_that_may_hold() -> bool:
            return await searches_hold() == AT_ONCE

        crowd = [asyncio.create_task(search_on()) for _ in range(CROWD)]
        try:
            await eventually(all_that_may_hold)
            held = set()
            for path in (f"/v1/organisations/{provider}", "/health/ready") * 5:
                assert (await idle_service.http.get(path)).status_code == 200
                held.add(await searches_hold())
        finally:
            over.set()
            answers = set().union(*await asyncio.gather(*crowd))

    assert max(held) <= AT_ONCE
    assert answers == {422, 503}
