"""Places: taken by one conditional statement, so that no number of bookers oversells a session."""

import asyncio
from uuid import UUID

from sqlalchemy import text

from shared.kernel import new_id
from shared.persistence.database import Database
from tests.shared import planted
from tests.shared.example_service import ExampleService

TAKE = text(
    """
    with taken as (
      update places set taken = taken + 1 where session_id = :id and taken < places returning session_id)
    insert into bookings (booking_id, session_id) select :booking, session_id from taken returning true
    """
)


async def book_in_one_statement(database: Database, session_id: UUID) -> bool:
    async with database.session() as session:
        booked = await session.scalar(TAKE, {"id": session_id, "booking": new_id()})
        await session.commit()
        return bool(booked)


async def test_two_hundred_bookers_on_ten_places_get_exactly_ten(example: ExampleService) -> None:
    session_id = new_id()
    await example.sql("insert into places values ($1, 10, 0)", session_id)
    booked = await asyncio.gather(*(book_in_one_statement(example.database, session_id) for _ in range(200)))
    rows = await example.sql("select count(*) as sold from bookings")

    assert rows[0]["sold"] == sum(booked) == 10


async def test_planted_counting_before_inserting_oversells(example: ExampleService) -> None:
    """Two bookers of one place, and each counts before the other has booked."""
    session_id, both_counted = new_id(), asyncio.Barrier(2)
    await example.sql("insert into places values ($1, 1, 0)", session_id)
    booked = [planted.book_by_counting(example.database, session_id, both_counted) for _ in "12"]

    assert await asyncio.gather(*booked) == [True, True]
