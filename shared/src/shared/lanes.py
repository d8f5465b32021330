"""Lanes: requests for scarce things wait for each other here instead of at the database's row locks."""

import asyncio
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from shared.command_bus import CommandBus, Done, HandlerOfMany, Order
from shared.kernel import ConcurrentChange
from shared.messaging.inbox import Taken
from shared.persistence.database import is_overdue, is_transient

Work = TypeVar("Work")
Result = TypeVar("Result")

LANES = 4
ABREAST = 2  # transactions of one lane at once, where as many wait as one may carry


@dataclass(slots=True)
class _Waiting:
    order: Order[Any, Any]
    handler: HandlerOfMany[Any, Any, Any]
    outcome: "asyncio.Future[Done[Any] | Taken]"


@dataclass(slots=True)
class _Lane:
    waiting: deque[_Waiting] = field(default_factory=deque)
    drivers: list[asyncio.Task[None]] = field(default_factory=list)


class Lanes(Generic[Work]):
    """Carries out orders about one thing together: a key has its lane, a lane one transaction in hand.

    A lane with nothing in hand begins at once; what arrives meanwhile is the next transaction. There is
    no timer, so that one client alone waits for nobody. A row lock is held through the commit: one by
    one, a hot row takes a commit's time for each. Only when a full load waits does it begin beside the
    one in hand: it reads and writes while the other commits, and waits for it at the row alone.
    """

    def __init__(self, bus: CommandBus[Work], *, most: int) -> None:
        """`most` orders share a transaction; with 1 each has its own at once, and there are no lanes."""
        self._bus = bus
        self._most = most
        self._lanes = [_Lane() for _ in range(LANES)]

    async def execute(
        self, key: object, handler: HandlerOfMany[Any, Work, Result], order: Order[Any, Result]
    ) -> Done[Result] | Taken:
        """Carry out the order in its key's lane; who waits may leave without a neighbour noticing.

        Raises what `CommandBus.execute` raises.
        """
        outcome: asyncio.Future[Done[Result] | Taken] = asyncio.get_running_loop().create_future()
        mine = _Waiting(order, handler, outcome)
        if self._most == 1:
            await self._together([mine])
            return await outcome
        lane = self._lanes[zlib.crc32(str(key).encode()) % LANES]
        lane.waiting.append(mine)
        lane.drivers = [each for each in lane.drivers if not each.done()]
        if not lane.drivers or (len(lane.waiting) >= self._most and len(lane.drivers) < ABREAST):
            lane.drivers.append(asyncio.create_task(self._drive(lane), name="lane"))
        return await outcome

    async def _drive(self, lane: _Lane) -> None:
        while batch := self._next(lane):
            try:
                await self._together(batch)
            finally:
                for each in batch:
                    each.outcome.cancel()  # of no effect unless this driver itself was stopped

    def _next(self, lane: _Lane) -> list[_Waiting]:
        """Who goes together: in order of arrival, one handler's, no message twice, nobody who has left."""
        batch: list[_Waiting] = []
        taken: set[tuple[str, str]] = set()
        while lane.waiting and len(batch) < self._most:
            first = lane.waiting[0]
            if first.outcome.cancelled():
                lane.waiting.popleft()
                continue
            if first.order.message.identity in taken or (batch and first.handler is not batch[0].handler):
                break
            taken.add(first.order.message.identity)
            batch.append(lane.waiting.popleft())
        return batch

    async def _together(self, batch: list[_Waiting]) -> None:
        try:
            outcomes = await self._bus.execute_each([each.order for each in batch], batch[0].handler)
        except Exception as error:  # noqa: BLE001 - each is told its own outcome
            # With the database gone nobody is at fault, and one by one it would be no nearer.
            gone = is_transient(error) and not is_overdue(error)
            outcomes = [error if gone or len(batch) == 1 else ConcurrentChange()] * len(batch)
        for each, outcome in zip(batch, outcomes, strict=True):
            if isinstance(outcome, ConcurrentChange) and len(batch) > 1:
                await self._together([each])
            elif not each.outcome.done():
                _tell(each.outcome, outcome)


def _tell(waiting: "asyncio.Future[Done[Any] | Taken]", outcome: Done[Any] | Taken | Exception) -> None:
    if isinstance(outcome, Exception):
        waiting.set_exception(outcome)
    else:
        waiting.set_result(outcome)
