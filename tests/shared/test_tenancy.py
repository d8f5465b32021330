"""Tenancy's second lock: row-level security that holds for everybody, in one transaction and no longer."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from asyncpg import PostgresError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.kernel import new_id
from shared.messaging import inbox
from shared.messaging.inbox import Message
from shared.persistence.database import AsyncSession, Database
from shared.persistence.reading import reading
from tests.shared import planted
from tests.shared.toy import Thing, Toy, ToyWork

COUNT = text("select count(*) from things")


async def make_thing(toy: Toy, tenant: UUID) -> UUID:
    thing_id = new_id()

    async def make(_: None, work: ToyWork) -> None:
        thing = Thing(thing_id, tenant, "")
        thing.rename("a thing")
        await work.save(thing)

    await toy.bus.execute(Message("test", str(thing_id), frozenset({tenant})), make, None)
    return thing_id


async def test_a_reader_sees_the_rows_of_its_tenants_alone(toy: Toy) -> None:
    one, two, three = new_id(), new_id(), new_id()
    for tenant in (one, two, three):
        await make_thing(toy, tenant)

    seen = {}
    for tenants in ((), (one,), (one, two), (new_id(),)):
        async with reading(toy.database, tenants) as session:
            seen[len(tenants), one in tenants] = await session.scalar(COUNT)

    assert seen == {(0, False): 0, (1, True): 1, (2, True): 2, (1, False): 0}


async def test_a_reader_changes_nothing(toy: Toy) -> None:
    tenant = new_id()
    thing_id = await make_thing(toy, tenant)

    with pytest.raises((DBAPIError, PostgresError), match="read-only"):
        async with reading(toy.database, [tenant]) as session:
            await session.execute(text("delete from things where thing_id = :id"), {"id": thing_id})


async def test_a_command_writes_rows_of_its_tenants_alone(toy: Toy) -> None:
    tenant = new_id()

    async def make_for_another(_: None, work: ToyWork) -> None:
        thing = Thing(new_id(), new_id(), "")
        thing.rename("a thing")
        await work.save(thing)

    with pytest.raises((DBAPIError, PostgresError), match="row-level security"):
        await toy.bus.execute(Message("test", "k", frozenset({tenant})), make_for_another, None)


async def what_the_next_user_sees(toy: Toy, act: Any) -> int:
    """On a pool of one connection: one user acts for a tenant, the next one for nobody."""
    tenant = new_id()
    await make_thing(toy, tenant)
    database = Database(toy.urls.app_url, name="toy", size=1)
    try:
        async with database.session() as session:
            await act(session, tenant)
            assert await session.scalar(COUNT) == 1
            await session.commit()
        async with database.session() as session:
            return int(await session.scalar(COUNT) or 0)
    finally:
        await database.close()


async def test_a_claim_acts_for_its_tenant_until_its_transaction_ends(toy: Toy) -> None:
    async def claim(session: AsyncSession, tenant: UUID) -> None:
        await inbox.claim(session, [Message("test", "another", frozenset({tenant}))])

    assert await what_the_next_user_sees(toy, claim) == 0


async def test_planted_a_tenant_set_for_the_session_leaks_to_the_next_user(toy: Toy) -> None:
    assert await what_the_next_user_sees(toy, planted.act_for_the_whole_session) == 1


async def what_the_owner_sees(toy: Toy, table: str) -> int:
    await toy.sql(
        f"insert into {table} (tenant_id, thing_id, name, version) values ($1, $1, 'x', 1)", new_id()
    )
    owner = await asyncpg.connect(toy.urls.owner_url, timeout=5)
    try:
        return int(await owner.fetchval(f"select count(*) from {table}"))
    finally:
        await owner.close()


async def test_the_owner_itself_sees_nothing_without_a_tenant(toy: Toy) -> None:
    assert await what_the_owner_sees(toy, "things") == 0


async def test_planted_security_enabled_but_not_forced_shows_the_owner_everything(toy: Toy) -> None:
    await toy.sql("alter table things no force row level security")

    assert await what_the_owner_sees(toy, "things") == 1


async def test_the_app_and_the_relay_own_nothing_and_pass_no_policy(toy: Toy) -> None:
    roles = await toy.sql(
        "select rolsuper, rolbypassrls, rolcreatedb, rolcreaterole from pg_roles "
        "where rolname like 'wex_toy_%'"
    )
    owned = await toy.sql(
        "select relname from pg_class join pg_roles on pg_roles.oid = relowner "
        "where rolname in ('wex_toy_app', 'wex_toy_relay')"
    )

    assert len(roles) == 3
    assert not any(any(role.values()) for role in roles)
    assert owned == []


async def test_the_relay_sees_the_outbox_and_nothing_else(toy: Toy) -> None:
    relay = await asyncpg.connect(toy.urls.relay_url, timeout=5)
    try:
        await relay.fetch("select * from outbox")
        for table in ("inbox", "things", "deadlines", "parked_messages"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await relay.fetch(f"select * from {table}")
    finally:
        await relay.close()


async def takes_a_part_of_anothers_thing(toy: Toy) -> bool:
    """Whether a row of one tenant may point at a row of another: foreign keys look past the policies."""
    thing_id, tenant = await make_thing(toy, new_id()), new_id()

    async def point(_: None, work: ToyWork) -> None:
        statement = text("insert into parts (tenant_id, part_id, thing_id) values (:tenant, :part, :thing)")
        await work.session.execute(statement, {"tenant": tenant, "part": new_id(), "thing": thing_id})

    try:
        await toy.bus.execute(Message("test", "point", frozenset({tenant})), point, None)
    except (DBAPIError, PostgresError):
        return False
    return True


async def test_a_foreign_key_with_the_tenant_refuses_anothers_row(toy: Toy) -> None:
    assert not await takes_a_part_of_anothers_thing(toy)


async def test_planted_a_foreign_key_without_the_tenant_takes_anothers_row(toy: Toy) -> None:
    await toy.sql("alter table parts drop constraint parts_tenant_id_thing_id_fkey")
    await toy.sql("alter table parts add foreign key (thing_id) references things (thing_id)")

    assert await takes_a_part_of_anothers_thing(toy)
