"""Writes an aggregate's row: inserted when new, otherwise changed at exactly the version it was read at."""

from typing import Any

from sqlalchemy import inspect, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from shared.kernel import ConcurrentChange


async def save_row(session: AsyncSession, row: SQLModel, *, changes: int) -> None:
    """Write a row whose `version` moved by `changes` since it was read (all of it: the row is new).

    Raises `ConcurrentChange` when another transaction was quicker.
    """
    table: Any = type(row)
    values = row.model_dump()
    read_at: int = values["version"] - changes
    if read_at == 0:
        session.add(row)
        await session.flush()
        return
    mapper = inspect(table)
    keys = [column.key for column in mapper.primary_key]
    statement = (
        update(table)
        .where(*(getattr(table, key) == values[key] for key in keys), table.version == read_at)
        .values({name: value for name, value in values.items() if name not in keys})
        .execution_options(synchronize_session=False)
    )
    result: Any = await session.execute(statement)
    if result.rowcount != 1:
        raise ConcurrentChange
    # The row the session loaded before is out of date: the next read must not return it.
    identity = mapper.identity_key_from_primary_key(tuple(values[key] for key in keys))
    if (loaded := session.sync_session.identity_map.get(identity)) is not None:
        session.expunge(loaded)
