"""Group commit: requests for one scarce thing share transactions instead of queueing for its row lock."""

import asyncio
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shared.bus.command_bus import BatchHandler, CommandBus, CommandEnvelope, Done
from shared.bus.inbox import Taken
from shared.kernel import ConcurrentChange
from shared.persistence.database import is_overdue, is_transient

UnitOfWork = TypeVar("UnitOfWork")
Result = TypeVar("Result")

QUEUES = 4
MAX_CONCURRENT_BATCHES = 2  # transactions of one queue at once, when a full batch waits


@dataclass(slots=True)
class _Waiting:
    envelope: CommandEnvelope[Any, Any]
    handler: BatchHandler[Any, Any, Any]
    outcome: "asyncio.Future[Done[Any] | Taken]"


@dataclass(slots=True)
class _Queue:
    waiting: deque[_Waiting] = field(default_factory=deque)
    drivers: list[asyncio.Task[None]] = field(default_factory=list)


class KeyedBatcher(Generic[UnitOfWork]):
    """Carries out commands about the same key together, so that a hot row is not paid for one by one.

    A row lock is held through the commit, so one by one each command on a hot row takes a commit's time.
    Keys are spread over a few queues; a queue runs one transaction at a time. An idle queue begins at
    once, and what arrives meanwhile becomes the next transaction: there is no timer, and one client alone
    never waits. Only when a full batch is waiting does a second transaction begin beside the first: it
    reads and writes while the other commits, and the two meet at the row lock alone.
    """

    def __init__(self, bus: CommandBus[UnitOfWork], *, max_batch_size: int) -> None:
        """At most `max_batch_size` commands share a transaction; with 1 each runs at once on its own."""
        self._bus = bus
        self._max_batch_size = max_batch_size
        self._queues = [_Queue() for _ in range(QUEUES)]

    async def execute(
        self,
        key: object,
        handler: BatchHandler[Any, UnitOfWork, Result],
        envelope: CommandEnvelope[Any, Result],
    ) -> Done[Result] | Taken:
        """Carry out the command with others of its key; a caller that is cancelled affects no other.

        Raises what `CommandBus.execute` raises.
        """
        outcome: asyncio.Future[Done[Result] | Taken] = asyncio.get_running_loop().create_future()
        mine = _Waiting(envelope, handler, outcome)
        if self._max_batch_size == 1:
            await self._execute_together([mine])
            return await outcome
        queue = self._queues[zlib.crc32(str(key).encode()) % QUEUES]
        queue.waiting.append(mine)
        queue.drivers = [each for each in queue.drivers if not each.done()]
        if not queue.drivers or (
            len(queue.waiting) >= self._max_batch_size and len(queue.drivers) < MAX_CONCURRENT_BATCHES
        ):
            queue.drivers.append(asyncio.create_task(self._drive(queue), name="keyed batcher"))
        return await outcome

    async def _drive(self, queue: _Queue) -> None:
        while batch := self._next(queue):
            try:
                await self._execute_together(batch)
            finally:
                for each in batch:
                    each.outcome.cancel()  # of no effect unless this driver itself was stopped

    def _next(self, queue: _Queue) -> list[_Waiting]:
        """The next batch: in order of arrival, for one handler, no message twice, no cancelled caller."""
        batch: list[_Waiting] = []
        taken: set[tuple[str, str]] = set()
        while queue.waiting and len(batch) < self._max_batch_size:
            first = queue.waiting[0]
            if first.outcome.cancelled():
                queue.waiting.popleft()
                continue
            if first.envelope.message.identity in taken or (batch and first.handler is not batch[0].handler):
                break
            taken.add(first.envelope.message.identity)
            batch.append(queue.waiting.popleft())
        return batch

    async def _execute_together(self, batch: list[_Waiting]) -> None:
        try:
            outcomes = await self._bus.execute_each([each.envelope for each in batch], batch[0].handler)
        except Exception as error:  # noqa: BLE001 - each waiting caller gets its own outcome
            # With the database gone no command is at fault, and trying each alone would not help.
            gone = is_transient(error) and not is_overdue(error)
            outcomes = [error if gone or len(batch) == 1 else ConcurrentChange()] * len(batch)
        for each, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, ConcurrentChange) and len(batch) > 1:
                await self._execute_together([each])
            elif not each.outcome.done():
                _settle(each.outcome, outcome)


def _settle(waiting: "asyncio.Future[Done[Any] | Taken]", outcome: Done[Any] | Taken | Exception) -> None:
    if isinstance(outcome, Exception):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)
