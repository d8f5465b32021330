"""The sweeper: acts on deadlines that have passed, and clears away what is no longer needed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import text

from shared.bus.command_bus import CommandBus
from shared.bus.inbox import InFlight, Message
from shared.kernel import Clock
from shared.messaging import parking
from shared.messaging.heartbeat import Heartbeat
from shared.messaging.policy import Deadline, Due
from shared.persistence.database import Database, is_overdue, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger

UnitOfWork = TypeVar("UnitOfWork")

TICK = 1.0
BATCH = 200
REQUESTS_KEPT = timedelta(days=2)
# Longer than any topic keeps an event, so that no redelivery finds its claim gone.
EVENTS_KEPT = timedelta(days=40)
FORGET_BATCH = 5_000
_HOUSEKEEPING_TICKS = 600
log = logger(__name__)

_DUE = text(
    """
    select name, subject_id, tenant_id, due_at, wait_id from deadlines
    where due_at + least(attempts, 10) * interval '30 seconds' <= :now and name = any (:names)
    order by due_at limit :limit
    """
)
_DONE = text("delete from deadlines where name = :name and subject_id = :subject_id and wait_id = :wait_id")
_FAILED = text(
    """
    update deadlines set attempts = least(attempts + 1, 100)
    where name = :name and subject_id = :subject_id and wait_id = :wait_id
    """
)
_FORGET = text(
    """
    delete from inbox where (source, message_id) in (
      select source, message_id from inbox
      where received_at < clock_timestamp() - cast(:requests as interval)
        and (source like 'http:%' or received_at < clock_timestamp() - cast(:events as interval))
      limit :limit)
    """
)
_FORGET_REPLAYED = text(
    "delete from parked_messages where replayed_at < clock_timestamp() - cast(:events as interval)"
)
_DEPTH = text("select count(*) from (select from outbox limit 100001) waiting")


class Sweeper(Generic[UnitOfWork]):
    """Goes round once a second; several may run, the inbox lets each deadline take effect once."""

    def __init__(
        self,
        database: Database,
        bus: CommandBus[UnitOfWork],
        deadlines: Sequence[Deadline[UnitOfWork]],
        clock: Clock,
    ) -> None:
        self._database = database
        self._bus = bus
        self._deadlines = {deadline.name: deadline for deadline in deadlines}
        self._clock = clock
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.heartbeat = Heartbeat("sweeper")

    async def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="sweeper")

    async def stop(self) -> None:
        self._stopping.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        ticks = 0
        while not self._stopping.is_set():
            try:
                await self.sweep()
                await self._tell()
                if ticks % _HOUSEKEEPING_TICKS == 0:
                    await self._forget()
                self.heartbeat.beat()
            except Exception as error:
                if is_transient(error):
                    self.heartbeat.beat()
                    log.warning("sweep_interrupted", error=type(error).__name__)
                else:
                    log.exception("sweep_failed")
            ticks += 1
            try:
                await asyncio.wait_for(self._stopping.wait(), TICK)
            except TimeoutError:
                continue

    async def sweep(self) -> int:
        """Act on what is due now; how many deadlines were met."""
        async with self._database.session() as session:
            rows = await session.execute(
                _DUE, {"now": self._clock.now(), "names": list(self._deadlines), "limit": BATCH}
            )
            due = [Due(row.name, row.subject_id, row.tenant_id, row.due_at, row.wait_id) for row in rows]
        met = 0
        for one in due:
            if self._stopping.is_set():
                break
            met += await self._meet(one)
            self.heartbeat.beat()
        return met

    async def _meet(self, due: Due) -> bool:
        try:
            instruction = self._deadlines[due.name].policy(due)
            claim = Message(
                kind="deadline",
                source=f"deadline:{due.name}",
                message_id=str(due.wait_id),
                tenants=instruction.tenants,
            )
            await self._bus.execute(claim, instruction.handler, instruction.command)
        except InFlight:
            return False  # another sweeper has it
        except Exception as error:
            # One deadline whose work takes too long must not keep the others waiting.
            if is_transient(error) and not is_overdue(error):
                raise
            log.exception("deadline_failed", name=due.name, subject_id=str(due.subject_id))
            await self._close(due, failed=True)
            return False
        await self._close(due, failed=False)
        metrics.deadlines_met.add(1, {"name": due.name})
        return True

    async def _close(self, due: Due, *, failed: bool) -> None:
        async with self._database.session() as session:
            await session.execute(
                _FAILED if failed else _DONE,
                {"name": due.name, "subject_id": due.subject_id, "wait_id": due.wait_id},
            )
            await session.commit()

    async def _forget(self) -> None:
        kept = {"requests": REQUESTS_KEPT, "events": EVENTS_KEPT}
        removed = FORGET_BATCH
        while removed == FORGET_BATCH and not self._stopping.is_set():
            async with self._database.session() as session:
                result: Any = await session.execute(_FORGET, {**kept, "limit": FORGET_BATCH})
                await session.commit()
                removed = result.rowcount
            self.heartbeat.beat()
        async with self._database.session() as session:
            await session.execute(_FORGET_REPLAYED, {"events": EVENTS_KEPT})
            await session.commit()

    async def _tell(self) -> None:
        async with self._database.session() as session:
            metrics.depth.set(int(await session.scalar(_DEPTH) or 0))
        metrics.parked.set(await parking.count(self._database))
