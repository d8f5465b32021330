"""A database session that runs plain SQL directly on the driver, within the session's transaction.

Executing `text()` through SQLAlchemy took three to five times the processor time of the statement's own
round trip, and every request and event executes about ten. Everything else goes through SQLAlchemy.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from asyncpg.prepared_stmt import PreparedStatement
from sqlalchemy import TextClause, text
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.exc import MultipleResultsFound, NoResultFound
from sqlalchemy.ext.asyncio import AsyncSession

MOST_STATEMENTS = 500
_dialect = dialect.dialect()  # type: ignore[no-untyped-call]
_prepared: "WeakKeyDictionary[asyncpg.Connection[Any], dict[str, PreparedStatement[Any]]]"
_prepared = WeakKeyDictionary()


class Row(asyncpg.Record):
    """A row whose columns are attributes, too, as SQLAlchemy's are."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None

    def _asdict(self) -> dict[str, Any]:
        return dict(self.items())


class Rows:
    """What came back, as much of SQLAlchemy's `Result` as plain SQL needs."""

    def __init__(self, rows: list[Any], rowcount: int) -> None:
        self._rows = rows
        self.rowcount = rowcount

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)

    def all(self) -> list[Any]:
        return self._rows

    def mappings(self) -> "Rows":
        return self

    def scalars(self) -> "Rows":
        """The first column alone."""
        return Rows([row[0] for row in self._rows], self.rowcount)

    def first(self) -> Any:
        return self._rows[0] if self._rows else None

    def one_or_none(self) -> Any:
        """Raises `MultipleResultsFound`."""
        if len(self._rows) > 1:
            raise MultipleResultsFound
        return self.first()

    def one(self) -> Any:
        """Raises `NoResultFound`, `MultipleResultsFound`."""
        if not self._rows:
            raise NoResultFound
        return self.one_or_none()

    def scalar(self) -> Any:
        """The first column of the first row, None without a row."""
        return self._rows[0][0] if self._rows else None


class Session(AsyncSession):
    """The kit's session.

    The first statement of a transaction goes SQLAlchemy's way and begins it; from then on plain SQL
    runs on the same connection, except within a savepoint, which SQLAlchemy sets when it is first used.
    The driver's own errors are raised as they are.
    """

    _begun: object = None
    _connection: "asyncpg.Connection[Any]"

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if not self._is_plain(statement, params):
            return await super().execute(statement, params, **options)
        if not self._has_begun():
            result = await super().execute(statement, params, **options)
            self._remember_connection()
            return result
        return await self._run(statement, params or {})

    async def scalar(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if self._is_plain(statement, params):
            return (await self.execute(statement, params)).scalar()
        return await super().scalar(statement, params, **options)

    async def scalars(self, statement: Any, params: Any = None, **options: Any) -> Any:
        if self._is_plain(statement, params):
            return (await self.execute(statement, params)).scalars()
        return await super().scalars(statement, params, **options)

    @staticmethod
    def _is_plain(statement: Any, params: Any) -> bool:
        return type(statement) is TextClause and (params is None or isinstance(params, Mapping))

    def _has_begun(self) -> bool:
        now = self.sync_session.get_transaction()
        return now is not None and now is self._begun and not self.sync_session.in_nested_transaction()

    def _remember_connection(self) -> None:
        """Keep what the transaction runs on; nothing of this waits for the database."""
        self._begun = self.sync_session.get_transaction()
        connection = self.sync_session.connection().connection.driver_connection
        assert isinstance(connection, asyncpg.Connection)  # noqa: S101 - the engine's only driver
        self._connection = connection

    async def _run(self, statement: TextClause, values: Mapping[str, Any]) -> Rows:
        sql, names = _compiled(statement.text)
        known = _prepared.setdefault(self._connection, {})
        prepared = known.get(sql)
        if prepared is None:
            if len(known) >= MOST_STATEMENTS:
                known.clear()
            prepared = known[sql] = await self._connection.prepare(sql, record_class=Row)
        try:
            rows = await prepared.fetch(*[values[name] for name in names])
        except asyncpg.InvalidCachedStatementError:
            known.clear()  # a migration has changed what it returns
            raise
        return Rows(rows, _count(prepared.get_statusmsg() or ""))


@lru_cache(MOST_STATEMENTS)
def _compiled(sql: str) -> tuple[str, tuple[str, ...]]:
    """The statement with numbered parameters, and their names in that order."""
    compiled = text(sql).compile(dialect=_dialect)
    names: list[str] = getattr(compiled, "positiontup", None) or []
    return str(compiled), tuple(names)


def _count(status: str) -> int:
    """The rows a statement says it touched: `INSERT 0 3`, `UPDATE 3`, `SELECT 3`."""
    last = status.rpartition(" ")[2]
    return int(last) if last.isdecimal() else 0
