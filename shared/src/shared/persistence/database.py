"""The connection to a service's database: one pool, with a deadline on everything."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from asyncpg.connect_utils import SessionAttribute
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from shared.persistence.session import Session

TRANSIENT = (
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # raised when a connection is cut off at the wrong moment
    asyncpg.CannotConnectNowError,
    asyncpg.InsufficientResourcesError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.QueryCanceledError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.ReadOnlySQLTransactionError,  # a server that became a standby: as good as away
    PoolTimeoutError,
    TimeoutError,
    OSError,
)
CONTENTION = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,  # a migration changed its table: it runs when prepared anew
)
OVERDUE = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError, TimeoutError)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Bounds on waiting, in seconds: the server's are below the client's, so it answers first."""

    connect: float = 5
    acquire: float = 5
    statement: float = 8
    lock: float = 4
    idle_in_transaction: float = 15
    command: float = 10


def server_settings(deadlines: Deadlines, application_name: str) -> dict[str, str]:
    """What each connection asks of the server."""
    return {
        "application_name": application_name,
        "statement_timeout": f"{deadlines.statement:g}s",
        "lock_timeout": f"{deadlines.lock:g}s",
        "idle_in_transaction_session_timeout": f"{deadlines.idle_in_transaction:g}s",
        "timezone": "UTC",
        # The locks of a client whose machine vanished are released within half a minute, not two hours.
        "tcp_keepalives_idle": "10",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
    }


class Database:
    """A service's pool of connections, and sessions on it.

    Each connection leads to a server that may be written to. The URL may name several
    (`postgresql://role:password@one:5432,another:5432/name`): of these the first such, which the next
    connection asks first.
    """

    def __init__(self, url: str, *, name: str, size: int = 10, deadlines: Deadlines | None = None) -> None:
        self.url = url
        self._servers = _each_server(url)
        self.deadlines = deadlines or Deadlines()
        self._name = name
        self.engine: AsyncEngine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=self.connect,
            pool_size=size,
            max_overflow=0,
            pool_timeout=self.deadlines.acquire,
            pool_pre_ping=False,
            pool_recycle=1800,
            hide_parameters=True,  # an error message must not repeat a child's name
        )
        event.listen(self.engine.sync_engine, "handle_error", _give_up_the_server)
        self._apart: list[Database] = []

    def apart(self, kind: str, *, size: int, deadlines: Deadlines) -> "Database":
        """A pool for one kind of work, which takes no connection from the others; closed with this one."""
        pool = Database(self.url, name=f"{self._name}-{kind}", size=size, deadlines=deadlines)
        self._apart.append(pool)
        return pool

    @asynccontextmanager
    async def session(self) -> AsyncIterator[AsyncSession]:
        """A session for one task; nothing loads by itself after the commit."""
        async with Session(self.engine, expire_on_commit=False, autoflush=False) as session:
            yield session

    async def connect(self) -> "asyncpg.Connection[Any]":
        """A connection of its own: the pool's, and those for LISTEN, NOTIFY and advisory locks outside it."""
        errors: list[Exception] = []
        for server in list(self._servers):
            try:
                connection = await asyncpg.connect(
                    server,
                    # A server that is silent, and not away, must leave time for the others.
                    timeout=self.deadlines.connect / len(self._servers),
                    command_timeout=self.deadlines.command,
                    server_settings=server_settings(self.deadlines, self._name),
                    target_session_attrs=SessionAttribute.read_write,
                )
            except TRANSIENT as error:
                errors.append(error)
            else:
                self._servers.sort(key=lambda one: one != server)
                return cast("asyncpg.Connection[Any]", connection)
        raise errors[-1]

    async def close(self) -> None:
        for pool in self._apart:
            await pool.close()
        await self.engine.dispose()


def _give_up_the_server(context: ExceptionContext) -> None:
    """All connections of the pool are made anew where one's server may not be written to or is silent.

    Silent is one that did not even say that a statement was past its deadline: each other connection to it
    would cost somebody the same wait.
    """
    lost = (asyncpg.ReadOnlySQLTransactionError, TimeoutError)
    if any(isinstance(cause, lost) for cause in causes_of(context.original_exception)):
        context.is_disconnect = context.invalidate_pool_on_disconnect = True


def _each_server(url: str) -> list[str]:
    parts = urlsplit(url)
    who, at, hosts = parts.netloc.rpartition("@")
    return [urlunsplit(parts._replace(netloc=f"{who}{at}{host}")) for host in hosts.split(",")]


def causes_of(error: BaseException) -> Iterator[BaseException]:
    """The error and what lies beneath it: SQLAlchemy wraps the driver's, and a timeout its cancellation."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = getattr(cause, "orig", None) or cause.__cause__


def is_transient(error: BaseException) -> bool:
    """Whether trying the same again later may succeed."""
    return any(isinstance(cause, TRANSIENT) for cause in causes_of(error))


def is_overdue(error: BaseException) -> bool:
    """Whether a deadline passed while the database did answer others: it may, or may never, get better."""
    return any(isinstance(cause, OVERDUE) for cause in causes_of(error))


def is_contention(error: BaseException) -> bool:
    """Whether the database gave way to another transaction: try again at once."""
    return any(isinstance(cause, CONTENTION) for cause in causes_of(error))


__all__ = [
    "AsyncSession",
    "Database",
    "Deadlines",
    "causes_of",
    "is_contention",
    "is_overdue",
    "is_transient",
]
