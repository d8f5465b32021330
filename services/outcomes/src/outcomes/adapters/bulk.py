"""Many rows in one statement, as arrays: one a column. Parameters row by row cost more than the rows."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Table, TextClause, text
from sqlalchemy.dialects.postgresql import JSONB, dialect
from sqlalchemy.ext.asyncio import AsyncSession

Rows = Sequence[dict[str, Any]]
_POSTGRES = dialect()  # type: ignore[no-untyped-call]


async def insert(session: AsyncSession, table: Table, rows: Rows) -> None:
    """Insert rows, all of the same columns."""
    if rows:
        await session.execute(_inserting(table, tuple(rows[0])), _columns(table, rows))


async def insert_missing(session: AsyncSession, table: Table, rows: Rows) -> None:
    """Insert rows; where one is there already it stays as it is."""
    if rows:
        await session.execute(_inserting(table, tuple(rows[0]), "do nothing"), _columns(table, rows))


async def upsert(session: AsyncSession, table: Table, rows: Rows) -> None:
    """Insert rows, or change those that are there to what is given; none may come twice."""
    if rows:
        keys = [column.name for column in table.primary_key.columns]
        changed = ", ".join(f"{name} = excluded.{name}" for name in rows[0] if name not in keys)
        conflict = f"({', '.join(keys)}) do update set {changed}"
        await session.execute(_inserting(table, tuple(rows[0]), conflict), _columns(table, rows))


@cache
def _inserting(table: Table, names: tuple[str, ...], conflict: str = "") -> TextClause:
    columns, given = ", ".join(names), ", ".join(_cast(table, name)[0] for name in names)
    arrays = ", ".join(f"cast(:{name} as {_cast(table, name)[1]}[])" for name in names)
    return text(
        f"insert into {table.name} ({columns}) select {given} from unnest({arrays}) as given ({columns})"  # noqa: S608
        + (f" on conflict {conflict}" if conflict else "")
    )


def _cast(table: Table, name: str) -> tuple[str, str]:
    """How a column is taken from its array, and the array's type: arrays of arrays come as text."""
    kind = table.c[name].type
    if isinstance(kind, ARRAY):
        return f"cast(string_to_array({name}, ' ') as {kind.compile(_POSTGRES)})", "text"
    if isinstance(kind, JSONB):
        return f"cast({name} as jsonb)", "text"
    return name, kind.compile(_POSTGRES)


def columns(rows: Rows) -> dict[str, list[Any]]:
    """The rows' values by column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def _columns(table: Table, rows: Rows) -> dict[str, list[Any]]:
    values = columns(rows)
    for name in values:
        kind = table.c[name].type
        if isinstance(kind, ARRAY):
            values[name] = [" ".join(value) for value in values[name]]
        elif isinstance(kind, JSONB):
            values[name] = [json.dumps(value) for value in values[name]]
    return values
