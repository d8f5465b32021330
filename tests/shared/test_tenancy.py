"""Tenancy's second lock: row-level security that holds for everybody, in one transaction and no longer."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.bus import inbox
from shared.bus.inbox import Message
from shared.kernel import new_id
from shared.persistence.database import AsyncSession, Database
from shared.persistence.reading import reading
from tests.shared import planted
from tests.shared.example_service import ExampleService, ExampleUnitOfWork, Thing

COUNT = text("select count(*) from things")


async def make_thing(example: ExampleService, tenant: UUID) -> UUID:
    thing_id = new_id()

    async def make(_: None, uow: ExampleUnitOfWork) -> None:
        thing = Thing(thing_id, tenant, "")
        thing.rename("a thing")
        await uow.save(thing)

    await example.bus.execute(Message("test", str(thing_id), frozenset({tenant})), make, None)
    return thing_id


async def test_a_reader_sees_the_rows_of_its_tenants_alone(example: ExampleService) -> None:
    one, two, three = new_id(), new_id(), new_id()
    for tenant in (one, two, three):
        await make_thing(example, tenant)

    seen = {}
    for tenants in ((), (one,), (one, two), (new_id(),)):
        async with reading(example.database, tenants) as session:
            seen[len(tenants), one in tenants] = await session.scalar(COUNT)

    assert seen == {(0, False): 0, (1, True): 1, (2, True): 2, (1, False): 0}


async def test_a_reader_changes_nothing(example: ExampleService) -> None:
    tenant = new_id()
    thing_id = await make_thing(example, tenant)

    with pytest.raises((DBAPIError, PostgresError), match="read-only"):
        async with reading(example.database, [tenant]) as session:
            await session.execute(text("delete from things where thing_id = :id"), {"id": thing_id})


async def test_a_command_writes_rows_of_its_tenants_alone(example: ExampleService) -> None:
    tenant = new_id()

    async def make_for_another(_: None, uow: ExampleUnitOfWork) -> None:
        thing = Thing(new_id(), new_id(), "")
        thing.rename("a thing")
        await uow.save(thing)

    with pytest.raises((DBAPIError, PostgresError), match="row-level security"):
        await example.bus.execute(Message("test", "k", frozenset({tenant})), make_for_another, None)


async def what_the_next_user_sees(example: ExampleService, act: Any) -> int:
    """On a pool of one connection: one user acts for a tenant, the next one for nobody."""
    tenant = new_id()
    await make_thing(example, tenant)
    database = Database(example.urls.app_url, name="example", size=1)
    try:
        async with database.session() as session:
            await act(session, tenant)
            assert await session.scalar(COUNT) == 1
            await session.commit()
        async with database.session() as session:
            return int(await session.scalar(COUNT) or 0)
    finally:
        await database.close()


async def test_a_claim_acts_for_its_tenant_until_its_transaction_ends(example: ExampleService) -> None:
    async def claim(session: AsyncSession, tenant: UUID) -> None:
        await inbox.claim(session, [Message("test", "another", frozenset({tenant}))])

    assert await what_the_next_user_sees(example, claim) == 0


async def test_planted_a_tenant_set_for_the_session_leaks_to_the_next_user(example: ExampleService) -> None:
    assert await what_the_next_user_sees(example, planted.act_for_the_whole_session) == 1


async def what_the_owner_sees(example: ExampleService, table: str) -> int:
    await example.sql(
        f"insert into {table} (tenant_id, thing_id, name, version) values ($1, $1, 'x', 1)", new_id()
    )
    owner = await asyncpg.connect(example.urls.owner_url, timeout=60)
    try:
        return int(await owner.fetchval(f"select count(*) from {table}"))
    finally:
        await owner.close()


async def test_the_owner_itself_sees_nothing_without_a_tenant(example: ExampleService) -> None:
    assert await what_the_owner_sees(example, "things") == 0


async def test_planted_security_enabled_but_not_forced_shows_the_owner_everything(
    example: ExampleService,
) -> None:
    await example.sql("alter table things no force row level security")

    assert await what_the_owner_sees(example, "things") == 1


async def test_the_app_and_the_relay_own_nothing_and_pass_no_policy(example: ExampleService) -> None:
    roles = await example.sql(
        "select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles "
        "where rolname like 'wex_example_%'"
    )
    owned = await example.sql(
        "select relname from pg_class join pg_roles on pg_roles.oid = relowner "
        "where rolname in ('wex_example_app', 'wex_example_relay')"
    )

    assert len(roles) == 3
    assert not any(any(role.values()) for role in roles)
    assert owned == []


async def test_the_relay_sees_the_outbox_and_nothing_else(example: ExampleService) -> None:
    relay = await asyncpg.connect(example.urls.relay_url, timeout=60)
    try:
        await relay.fetch("select * from outbox")
        for table in ("inbox", "things", "deadlines", "parked_messages"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await relay.fetch(f"select * from {table}")
    finally:
        await relay.close()


async def takes_a_part_of_anothers_thing(example: ExampleService) -> bool:
    """Whether a row of one tenant may point at a row of another: foreign keys look past the policies."""
    thing_id, tenant = await make_thing(example, new_id()), new_id()

    async def point(_: None, uow: ExampleUnitOfWork) -> None:
        statement = text("insert into parts (tenant_id, part_id, thing_id) values (:tenant, :part, :thing)")
        await uow.session.execute(statement, {"tenant": tenant, "part": new_id(), "thing": thing_id})

    try:
        await example.bus.execute(Message("test", "point", frozenset({tenant})), point, None)
    except (DBAPIError, PostgresError):
        return False
    return True


async def test_a_foreign_key_with_the_tenant_refuses_anothers_row(example: ExampleService) -> None:
    assert not await takes_a_part_of_anothers_thing(example)


async def test_planted_a_foreign_key_without_the_tenant_takes_anothers_row(example: ExampleService) -> None:
    await example.sql("alter table parts drop constraint parts_tenant_id_thing_id_fkey")
    await example.sql("alter table parts add foreign key (thing_id) references things (thing_id)")

    assert await takes_a_part_of_anothers_thing(example)
