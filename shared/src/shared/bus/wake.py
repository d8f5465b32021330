"""Wakes the relay after a commit: one NOTIFY at most every few milliseconds, never inside one."""

import asyncio
from typing import Any

import asyncpg

from shared.persistence.database import Database
from shared.telemetry.logs import logger

CHANNEL = "outbox"
INTERVAL = 0.005
log = logger(__name__)


class Waker:
    """Turns any number of `wake()` calls into few notifications.

    A NOTIFY inside the transaction takes a lock over all commits of the database (holds fell
    to 12 %), so it is sent on a connection of its own; a lost one costs the relay's poll interval.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something was committed to the outbox."""
        self._due.set()

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="outbox waker")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        connection: asyncpg.Connection[Any] | None = None
        try:
            while True:
                await self._due.wait()
                self._due.clear()
                try:
                    if connection is None or connection.is_closed():
                        connection = await self._database.connect()
                    await connection.execute("select pg_notify($1, '')", CHANNEL)
                except Exception as error:  # noqa: BLE001 - the relay also polls
                    log.warning("relay_not_woken", error=type(error).__name__)
                    if connection is not None:
                        connection.terminate()  # its server may be silent; another may be there by now
                await asyncio.sleep(INTERVAL)
        finally:
            if connection is not None:
                connection.terminate()
