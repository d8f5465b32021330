"""Every table of a tenant is protected, forced on its owner too, and its foreign keys carry the tenant."""

from typing import Any

import asyncpg
import pytest

from tests.infra.fixtures import ServiceDatabases
from tests.shared.example_service import ExampleService

KIT = {
    "alembic_version", "schema_floor", "outbox", "outbox_archive", "inbox", "inbox_brief", "inbox_long",
    "parked_messages",
    "parked_acts", "deadlines", "announcements", "partitioned_tables",
    "epoch", "lost_aggregates", "subscription_positions", "day_counts",
}  # fmt: skip

# Tables that stand without tenants, and why. Whatever is not here must be protected.
PUBLIC = {
    "opportunities": {
        "frameworks": "public codes of published frameworks",
        "places_taken": "how many places a public session has left",
    },
    "bookings": {
        "assurances": "ids and states of others' facts",
        "opportunities": "ids and public facts of the register",
        "organisations": "ids and public facts of the register",
        "pseudonyms": "a pseudonym's institution: a learner who moves is found across institutions",
        "provider_suspensions": "ids of providers and sites that are suspended, told to all",
        "session_days": "public days of public sessions",
        "session_places": "the counter every institution takes from",
        "sessions": "public facts of the register",
    },
    "safeguarding": {
        "known_opportunities": "ids and public facts of the register",
        "known_organisations": "ids and public facts of the register",
        "known_sessions": "ids and public facts of the register",
        "known_sites": "ids and public facts of the register",
    },
    "outcomes": {
        "accounts": "a pseudonym's account: what erasure and a move between institutions begin from",
        "enrolments": "a pseudonym's institutions: where a departure or an erasure has something left to do",
        "countings": "when each service counted a day: for operators",
        "day_totals": "numbers by day and institution: compared, and read by operators alone",
        "differences": "numbers by day and institution in which services differ: for operators",
        "erasures": "digests of pseudonyms that were erased",
        "opportunities": "ids and public facts of the register",
        "session_days": "public days of public sessions",
        "sessions": "public facts of the register",
    },
    "integrations": {"webhook_queue": "ids of deliveries and when they are due: the worker takes the oldest"},
}

# A foreign key that cannot carry one tenant, and what stands in its place.
TWO_PARTIES = {
    "access_log_concern_id_fkey": "a concern belongs to who raised it and who handles it; it is read under "
    "the policies in the transaction that logs the reading",
}

TABLES = """
select relname, relrowsecurity as enabled, relforcerowsecurity as forced,
       (select rolname from pg_roles where oid = relowner) as owner
from pg_class join pg_namespace n on n.oid = relnamespace
where nspname = 'public' and relkind in ('r', 'p')
"""
LEAKS = """
select relname from pg_class join pg_namespace n on n.oid = relnamespace
where nspname = 'public' and (relkind = 'm' or (relkind = 'v'
  and coalesce(array_to_string(reloptions, ' '), '') not like '%security_invoker=true%'))
union all
select proname from pg_proc join pg_namespace n on n.oid = pronamespace
where nspname = 'public' and prosecdef and proname <> 'keep_partitions'
"""  # that one returns a number, and takes nothing but the name of a table that has partitions
# The columns a protected table's policies name are its tenants.
TENANTS = """
select tablename, array_agg(distinct found[1]) as columns
from pg_policies, regexp_matches(coalesce(qual, '') || ' ' || coalesce(with_check, ''),
  '(\\w+) = ANY \\(\\( SELECT \\(string_to_array', 'g') as found
where schemaname = 'public' group by tablename
"""
FOREIGN_KEYS = """
select conname, conrelid::regclass::text as child, confrelid::regclass::text as parent,
       (select array_agg(attname::text) from pg_attribute
        where attrelid = confrelid and attnum = any (confkey)) as columns
from pg_constraint where contype = 'f'
"""


async def unprotected(connection: "asyncpg.Connection[Any]") -> set[str]:
    """Tables of the service whose rows anybody may read."""
    rows = await connection.fetch(TABLES)
    return {row["relname"] for row in rows if not (row["enabled"] and row["forced"])} - KIT


async def loose_foreign_keys(connection: "asyncpg.Connection[Any]") -> list[str]:
    """Foreign keys to protected tables that do not carry the tenant: they look past the policies."""
    tenants = {row["tablename"]: set(row["columns"]) for row in await connection.fetch(TENANTS)}
    return [
        row["conname"]
        for row in await connection.fetch(FOREIGN_KEYS)
        if {row["child"], row["parent"]} <= tenants.keys()
        and not tenants[row["parent"]] & set(row["columns"])
    ]


@pytest.mark.parametrize("service", PUBLIC)
async def test_every_table_of_a_tenant_is_protected(
    service_database: ServiceDatabases, postgres_admin_url: str, service: str
) -> None:
    database = await service_database(service)
    connection = await asyncpg.connect(f"{postgres_admin_url.rpartition('/')[0]}/{database.name}")
    try:
        assert await unprotected(connection) == set(PUBLIC[service])
        assert {row["owner"] for row in await connection.fetch(TABLES)} == {f"wex_{service}_owner"}
        assert await connection.fetch(LEAKS) == []
        assert set(await loose_foreign_keys(connection)) <= TWO_PARTIES.keys()
    finally:
        await connection.close()


@pytest.mark.parametrize(
    "plant",
    [
        "alter table things no force row level security",
        "alter table things disable row level security",
        "create table more (tenant_id uuid)",
    ],
)
async def test_planted_a_table_without_its_protection_is_seen(example: ExampleService, plant: str) -> None:
    connection = await asyncpg.connect(example._admin)
    before = await unprotected(connection)
    await connection.execute(plant)
    after = await unprotected(connection)
    await connection.close()

    assert before == {"effects", "places", "bookings"}
    assert len(after - before) == 1


async def test_planted_a_foreign_key_without_the_tenant_is_seen(example: ExampleService) -> None:
    connection = await asyncpg.connect(example._admin)
    before = await loose_foreign_keys(connection)
    await connection.execute("alter table parts add foreign key (thing_id) references things (thing_id)")
    after = await loose_foreign_keys(connection)
    await connection.close()

    assert (before, after) == ([], ["parts_thing_id_fkey"])


@pytest.mark.parametrize(
    "plant",
    [
        "create view seen as select * from things",
        "create materialized view seen as select * from things",
        "create function seen() returns int language sql security definer as 'select 1 from things'",
    ],
    ids=["a view", "a materialised view", "a function with its owner's rights"],
)
async def test_planted_a_way_around_the_policies_is_seen(example: ExampleService, plant: str) -> None:
    connection = await asyncpg.connect(example._admin)
    before = await connection.fetch(LEAKS)
    await connection.execute(plant)
    after = await connection.fetch(LEAKS)
    await connection.close()

    assert (before, [row["relname"] for row in after]) == ([], ["seen"])
