"""Rows change at exactly the version they were read at; deadlines and reads share their transaction."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from shared.bus.inbox import Message
from shared.kernel import ConcurrentChange, new_id
from shared.persistence.rows import save_row
from tests.shared.example_service import ExampleService, ExampleUnitOfWork, Thing, ThingRow

TENANT = new_id()


async def within(example: ExampleService, do: object) -> None:
    assert callable(do)
    await example.bus.execute(Message("test", str(new_id()), frozenset({TENANT})), do, None)


async def make(example: ExampleService) -> UUID:
    thing_id = new_id()

    async def handler(_: None, uow: ExampleUnitOfWork) -> None:
        thing = Thing(thing_id, TENANT, "")
        thing.rename("one")
        await uow.save(thing)

    await within(example, handler)
    return thing_id


async def test_a_thing_saved_twice_in_one_transaction_is_read_as_it_is_now(example: ExampleService) -> None:
    thing_id = await make(example)

    async def rename_twice(_: None, uow: ExampleUnitOfWork) -> None:
        held = await uow.session.get(ThingRow, thing_id)
        assert held is not None
        for name in ("two", "three"):
            thing = await uow.thing(thing_id)
            thing.rename(name)
            await uow.save(thing)
        assert (await uow.thing(thing_id)).name == "three"

    await within(example, rename_twice)

    (row,) = await example.sql("select name, version from things")
    assert tuple(row) == ("three", 3)


async def test_a_new_thing_may_be_saved_again_at_once(example: ExampleService) -> None:
    thing_id = new_id()

    async def make_and_rename(_: None, uow: ExampleUnitOfWork) -> None:
        thing = Thing(thing_id, TENANT, "")
        for name in ("one", "two"):
            thing.rename(name)
            await uow.save(thing)
        assert (await uow.thing(thing_id)).version == 2

    await within(example, make_and_rename)


@pytest.mark.parametrize("version", [1, 3, 99])
async def test_a_row_at_another_version_is_not_written(example: ExampleService, version: int) -> None:
    thing_id = await make(example)

    async def write(_: None, uow: ExampleUnitOfWork) -> None:
        row = ThingRow(thing_id=thing_id, tenant_id=TENANT, name="x", version=version)
        await save_row(uow.session, row, changes=1 if version > 1 else -1)

    with pytest.raises(ConcurrentChange):
        await within(example, write)
    assert (await example.sql("select name from things"))[0]["name"] == "one"


async def test_deadlines_are_set_and_lifted_with_the_change_they_belong_to(example: ExampleService) -> None:
    subjects = [new_id() for _ in range(3)]
    due_at = datetime(2027, 1, 1, tzinfo=UTC)

    async def wait(_: None, uow: ExampleUnitOfWork) -> None:
        for subject in subjects:
            await uow.transaction.wait_until("reminder", subject, TENANT, due_at)
        await uow.transaction.wait_until("reminder", subjects[0], TENANT, due_at + timedelta(days=1))
        await uow.transaction.stop_waiting("reminder", subjects[1])

    async def wait_and_fail(_: None, uow: ExampleUnitOfWork) -> None:
        await uow.transaction.wait_until("reminder", new_id(), TENANT, due_at)
        raise ZeroDivisionError

    await within(example, wait)
    with pytest.raises(ZeroDivisionError):
        await within(example, wait_and_fail)

    rows = await example.sql("select subject_id, due_at from deadlines order by due_at")
    assert [(row["subject_id"], row["due_at"].day) for row in rows] == [(subjects[2], 1), (subjects[0], 2)]
