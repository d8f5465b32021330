"""The kit's session: plain SQL straight to the driver, and still one transaction with everything else."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kernel import new_id
from shared.persistence.database import is_contention
from tests.shared.example_service import ExampleService, ThingRow

NUMBERS = text("select n, n * :times as product from generate_series(1, :count) as n")
ADD = text("insert into effects (key, number) select :key, n from generate_series(1, :count) as n")
COUNT = text("select count(*) from effects")


async def test_the_first_statement_and_those_after_it_answer_alike(example: ExampleService) -> None:
    async with example.database.session() as session:
        for _ in range(3):
            rows = (await session.execute(NUMBERS, {"times": 10, "count": 3})).all()
            assert [(row.n, row.product) for row in rows] == [(1, 10), (2, 20), (3, 30)]
            assert [tuple(row) for row in rows] == [(1, 10), (2, 20), (3, 30)]
            assert rows[0]._asdict() == {"n": 1, "product": 10}
            assert list(await session.scalars(NUMBERS, {"times": 1, "count": 2})) == [1, 2]
            assert await session.scalar(NUMBERS, {"times": 1, "count": 1}) == 1
            assert await session.scalar(NUMBERS, {"times": 1, "count": 0}) is None
            assert (await session.execute(NUMBERS, {"times": 1, "count": 0})).first() is None
            with pytest.raises(NoResultFound):
                (await session.execute(NUMBERS, {"times": 1, "count": 0})).one()
            with pytest.raises(MultipleResultsFound):
                (await session.execute(NUMBERS, {"times": 1, "count": 2})).one_or_none()
            with pytest.raises(AttributeError):
                _ = rows[0].nothing


async def test_it_counts_the_rows_it_touched(example: ExampleService) -> None:
    async with example.database.session() as session:
        for _ in range(2):
            result = await session.execute(ADD, {"key": new_id(), "count": 5})
            assert result.rowcount == 5  # type: ignore[attr-defined]


async def test_plain_sql_and_mapped_rows_are_one_transaction(example: ExampleService) -> None:
    tenant = new_id()
    async with example.database.session() as session:
        await session.execute(
            text("select set_config('app.tenants', :tenant, true)"), {"tenant": str(tenant)}
        )
        await session.execute(ADD, {"key": new_id(), "count": 1})
        session.add(ThingRow(thing_id=new_id(), tenant_id=tenant, name="thing", version=1))
        await session.flush()
        assert await session.scalar(text("select count(*) from things")) == 1
        await session.rollback()

    assert await example.effects() == []
    assert await example.sql("select from things") == []


async def test_each_transaction_of_a_session_is_its_own(example: ExampleService) -> None:
    async with example.database.session() as session:
        for number in (1, 2):
            await session.execute(COUNT)
            await session.execute(ADD, {"key": new_id(), "count": 1})
            await (session.commit() if number == 1 else session.rollback())
        assert await session.scalar(COUNT) == 1


async def add_in_vain(session: AsyncSession) -> None:
    """Add within a savepoint that fails."""
    async with session.begin_nested():
        await session.execute(ADD, {"key": new_id(), "count": 1})
        await session.execute(text("insert into effects (key) values (:key)"), {"key": new_id()})


async def test_a_savepoint_is_rolled_back_alone(example: ExampleService) -> None:
    async with example.database.session() as session:
        await session.execute(ADD, {"key": new_id(), "count": 1})
        with pytest.raises(IntegrityError):
            await add_in_vain(session)
        await session.execute(ADD, {"key": new_id(), "count": 1})
        await session.commit()

    assert len(await example.effects()) == 2


async def test_a_refusal_of_the_database_comes_as_the_driver_says_it(example: ExampleService) -> None:
    async with example.database.session() as session:
        await session.execute(COUNT)
        with pytest.raises(asyncpg.NotNullViolationError):
            await session.execute(text("insert into effects (key) values (:key)"), {"key": new_id()})

    async with example.database.session() as session:
        assert await session.scalar(COUNT) == 0


async def test_a_statement_given_up_leaves_a_connection_that_works(example: ExampleService) -> None:
    for _ in range(10):  # more than the pool has
        async with example.database.session() as session:
            await session.execute(COUNT)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.02):
                    await session.execute(text("select pg_sleep(5)"))
    async with example.database.session() as session:
        assert await session.scalar(COUNT) == 0
        assert await session.scalar(COUNT) == 0


async def test_after_a_migration_what_was_prepared_is_prepared_anew(example: ExampleService) -> None:
    every = text("select * from parts")
    async with example.database.session() as session:
        await session.execute(COUNT)
        await session.execute(every)
        await session.rollback()
        await example.sql("alter table parts add column note text")
        await session.execute(COUNT)
        with pytest.raises(asyncpg.InvalidCachedStatementError) as failed:
            await session.execute(every)
        assert is_contention(failed.value)
        await session.rollback()
        await session.execute(COUNT)
        await session.execute(every)
