"""Announcing: the present state is published again, page by page, once, and whatever else happens."""

import asyncio
import json
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bus.inbox import Message
from shared.kernel import new_id
from shared.messaging import announcing
from shared.messaging.announcing import AnnouncedElsewhere, Announcement, Announcer, Page, Said
from tests.infra.polling import eventually
from tests.shared.example_service import TOPIC, ExampleService, ExampleUnitOfWork, ThingChanged

_PAGE = text(
    """
    select thing_id, tenant_id, version from things
    where tenant_id = any (cast(:tenants as uuid[])) and (cast(:after as uuid) is null or thing_id > :after)
    order by thing_id limit :limit for share
    """
)
_TENANTS = text("select distinct tenant_id from tenants_of_things")


async def things(db: AsyncSession, page: Page) -> Sequence[Said]:
    asked = {"tenants": page.tenants, "after": page.after, "limit": page.limit}
    return [
        Said(
            row.thing_id,
            [
                (
                    ThingChanged(thing_id=row.thing_id, tenant_id=row.tenant_id, number=row.version),
                    row.version,
                )
            ],
        )
        for row in await db.execute(_PAGE, asked)
    ]


THINGS = Announcement("things", TOPIC, _TENANTS, things)


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcing, "PAGE", 3)
    monkeypatch.setattr(announcing, "TENANTS_AT_ONCE", 2)


async def have_things(example: ExampleService, tenants: int, each: int) -> list[UUID]:
    """So many things of so many tenants, and a list of the tenants that anybody may read."""
    await example.sql("create table tenants_of_things (tenant_id uuid)")
    await example.sql("grant select on tenants_of_things to wex_example_app")
    ids = []
    for _ in range(tenants):
        tenant = new_id()
        await example.sql("insert into tenants_of_things values ($1)", tenant)
        for number in range(each):
            ids.append(new_id())
            await example.sql(
                "insert into things values ($1, $2, 'a thing', $3)", tenant, ids[-1], number + 1
            )
    return ids


def announcer(example: ExampleService) -> Announcer:
    return Announcer(example.database, example.waker, example.clock, source="/services/example")


async def said(example: ExampleService) -> list[tuple[str, str | None, str]]:
    rows = await example.sql("select key, headers from outbox order by id")
    found = []
    for row in rows:
        headers = json.loads(row["headers"])
        found.append((row["key"], headers.get("ce_announced"), headers["ce_sequence"]))
    return found


async def test_every_thing_is_announced_once_with_its_present_sequence(example: ExampleService) -> None:
    ids = await have_things(example, tenants=5, each=4)

    assert await announcer(example).announce(THINGS, rate=10_000) == 20

    told = await said(example)
    assert sorted(key for key, _, _ in told) == sorted(map(str, ids))
    assert {announced for _, announced, _ in told} == {"true"}
    assert sorted(sequence for _, _, sequence in told) == sorted("1234" * 5)


async def test_one_broken_off_goes_on_where_it_stood(
    example: ExampleService, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = await have_things(example, tenants=5, each=4)
    turns = 0

    async def failing(db: AsyncSession, page: Page) -> Sequence[Said]:
        nonlocal turns
        turns += 1
        if turns == 4:
            raise ConnectionError
        return await things(db, page)

    with pytest.raises(ConnectionError):
        await announcer(example).announce(Announcement("things", TOPIC, _TENANTS, failing), rate=10_000)
    before = len(await said(example))
    assert 0 < before < 20

    assert await announcer(example).announce(THINGS, rate=10_000) == 20 - before
    assert sorted(key for key, _, _ in await said(example)) == sorted(map(str, ids))


async def test_announcing_again_tells_everything_anew_under_other_ids(example: ExampleService) -> None:
    await have_things(example, tenants=1, each=2)
    await announcer(example).announce(THINGS, rate=10_000)
    await announcer(example).announce(THINGS, rate=10_000)

    rows = await example.sql("select count(*) as told, count(distinct event_id) as ids from outbox")
    assert (rows[0]["told"], rows[0]["ids"]) == (4, 4)


async def test_two_processes_do_not_announce_the_same_kind_at_once(example: ExampleService) -> None:
    await have_things(example, tenants=1, each=2)
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(db: AsyncSession, page: Page) -> Sequence[Said]:
        entered.set()
        await go_on.wait()
        return await things(db, page)

    first = asyncio.create_task(
        announcer(example).announce(Announcement("things", TOPIC, _TENANTS, slow), rate=10_000)
    )
    await entered.wait()
    with pytest.raises(AnnouncedElsewhere):
        await announcer(example).announce(THINGS, rate=10_000)
    go_on.set()

    assert await first == 2
    assert len(await said(example)) == 2


async def test_a_change_while_a_page_is_told_comes_after_it(example: ExampleService) -> None:
    (thing,) = await have_things(example, tenants=1, each=1)
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slow(db: AsyncSession, page: Page) -> Sequence[Said]:
        found = await things(db, page)
        entered.set()
        await go_on.wait()
        return found

    announcing_it = asyncio.create_task(
        announcer(example).announce(Announcement("things", TOPIC, _TENANTS, slow), rate=10_000)
    )
    await entered.wait()
    changing = asyncio.create_task(change(example, thing))
    waits = "select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    await eventually(lambda: example.sql(waits), within=60)
    go_on.set()
    await asyncio.gather(announcing_it, changing)

    assert [sequence for _, _, sequence in await said(example)] == ["1", "2"]


async def change(example: ExampleService, thing: UUID) -> None:
    (row,) = await example.sql("select tenant_id from things where thing_id = $1", thing)

    async def rename(_: None, uow: ExampleUnitOfWork) -> None:
        found = await uow.thing(thing)
        found.rename("renamed")
        await uow.save(found)

    await example.bus.execute(Message("test", str(new_id()), frozenset({row["tenant_id"]})), rename, None)
