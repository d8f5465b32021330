"""Each of tenancy's two locks with the other one open, on every table the catalogue says is protected."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any, TypeAlias
from uuid import uuid4

import asyncpg

from shared.persistence.provision import with_database
from tests.attack.findings import Attack
from tests.attack.scenario import Scenario
from tests.attack.tenancy import attack_ids, attack_lists

_PROTECTED = """
    select c.relname as name,
      coalesce(bool_or(p.cmd in ('SELECT', 'ALL') and p.qual = 'true'), false) as read_by_all,
      (select array_agg(quote_ident(attname) order by attnum) from pg_attribute
       where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    left join pg_policies p on p.schemaname = n.nspname and p.tablename = c.relname
    where n.nspname = 'public' and c.relkind in ('r', 'p') and c.relrowsecurity and c.relforcerowsecurity
    group by c.oid, c.relname order by c.relname
"""
_REFUSED = asyncpg.InsufficientPrivilegeError  # of a grant or of a policy
Database: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def attack_policies(scenario: Scenario, *, as_superuser: bool = False) -> Attack:
    """Every protected table of every service x every way to touch it, as a tenant that none of it is of.

    The service's own check takes no part: these are its app role's connections. As superuser, which
    policies do not hold, everything must give way: so it is seen that the attack reaches the rows.
    """
    attack = Attack(
        "row-level security", "protected tables x select, insert, update, delete as another tenant"
    )
    empty = []
    for service in scenario.platform.services:
        database = scenario.platform.database(service)
        admin_url = with_database(scenario.platform.addresses.postgres, database.name)
        async with _connected(admin_url) as admin, _connected(
            admin_url if as_superuser else database.app_url
        ) as app:  # fmt: skip
            for table in await admin.fetch(_PROTECTED):
                row = await admin.fetchval(f'select to_jsonb(t) from "{table["name"]}" t limit 1')
                if row is None:
                    empty.append(f"{service}.{table['name']}")
                for tenants in (str(uuid4()), ""):
                    await _press(attack, app, service, table, tenants, row)
    attack.expect(not empty, f"tables without a row to reach: {', '.join(empty)}")
    return attack.over()


async def _press(
    attack: Attack, app: Database, service: str, table: Any, tenants: str, row: str | None
) -> None:
    name, columns = f'"{table["name"]}"', table["columns"]
    who = f"{service}.{table['name']} as {'another tenant' if tenants else 'nobody'}"
    listed = ", ".join(columns)
    if not table["read_by_all"]:
        found = await _touch(app, tenants, f"select {columns[0]} from {name}")
        attack.expect(found == 0, f"{who}: {found} rows read")
    changed = await _touch(app, tenants, f"update {name} set {columns[-1]} = {columns[-1]} returning 1")
    attack.expect(changed == 0, f"{who}: {changed} rows changed")
    removed = await _touch(app, tenants, f"delete from {name} returning 1")
    attack.expect(removed == 0, f"{who}: {removed} rows removed")
    if row is not None:
        record = f"jsonb_populate_record(null::{name}, $1)"
        copy = (
            f"insert into {name} ({listed}) overriding system value select {listed} from {record} returning 1"
        )
        written = await _touch(app, tenants, copy, row)
        attack.expect(written == 0, f"{who}: a row was written for its owner: {written}")


async def _touch(app: Database, tenants: str, statement: str, *given: Any) -> Any:
    """How many rows a statement reaches when it acts for these tenants, or what stopped it; nothing stays."""
    transaction = app.transaction()
    await transaction.start()
    try:
        await app.execute("select set_config('app.tenants', $1, true)", tenants)
        return len(await app.fetch(statement, *given))
    except _REFUSED:
        return 0
    except asyncpg.IntegrityConstraintViolationError as error:
        return type(error).__name__  # what no policy stopped
    finally:
        await transaction.rollback()


async def attack_checks(scenario: Scenario) -> list[Attack]:
    """Foreign ids and lists once more, with row-level security off: the services' own checks alone."""
    async with contextlib.AsyncExitStack() as stack:
        for service in scenario.platform.services:
            await stack.enter_async_context(_unprotected(scenario, service))
        ids, lists = await attack_ids(scenario), await attack_lists(scenario)
    for each in (ids, lists):
        each.name += ", no policies"
        each.what = f"the same with row-level security off: {each.what.rpartition(': ')[2]}"
    return [ids, lists]


@contextlib.asynccontextmanager
async def _unprotected(scenario: Scenario, service: str) -> AsyncIterator[None]:
    url = with_database(scenario.platform.addresses.postgres, scenario.platform.database(service).name)
    async with _connected(url) as admin:
        names = [row["name"] for row in await admin.fetch(_PROTECTED)]
        for name in names:
            await admin.execute(f'alter table "{name}" disable row level security')
        try:
            yield
        finally:
            for name in names:
                await admin.execute(f'alter table "{name}" enable row level security')


@contextlib.asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Database]:
    connection = await asyncpg.connect(url, timeout=10)
    await connection.set_type_codec("jsonb", encoder=str, decoder=str, schema="pg_catalog")
    try:
        yield connection
    finally:
        await connection.close()
