"""The sweeper: acts on deadlines that have passed, and clears away what is no longer needed."""

import asyncio
import random
import zlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import text

from shared.bus.command_bus import CommandBus, CommandEnvelope
from shared.bus.inbox import DEADLINE_SOURCE, InFlight, Message
from shared.kernel import Clock
from shared.messaging.deadlines import Claimed, DeadlineQueue, rest_after
from shared.messaging.heartbeat import Heartbeat, go_round
from shared.messaging.policy import Deadline, Due, Instruction, in_turn
from shared.persistence import partitions
from shared.persistence.database import Database, is_overdue, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger

UnitOfWork = TypeVar("UnitOfWork")

TICK = 1.0
FRESH, FAILED = 400, 40  # deadlines of each name in one round: never tried, and tried in vain before
BATCH = 50  # deadlines of one name that share a transaction
SIDE_BY_SIDE = 4  # transactions at once, each of other subjects
BRIEF_CLAIMS_KEPT, REPLAYED_KEPT = timedelta(days=2), timedelta(days=40)
FORGET_BATCH = 5_000
_HOUSEKEEPING_TICKS = 600
log = logger(__name__)

_FORGET_BRIEF_CLAIMS = text(
    """
    delete from inbox_brief where ctid = any (array(
      select ctid from inbox_brief
      where received_at < clock_timestamp() - cast(:kept as interval) limit :limit))
    """
)
_FORGET_REPLAYED = text(
    "delete from parked_messages where replayed_at < clock_timestamp() - cast(:kept as interval)"
)
_DEPTH = text("select count(*) from (select from outbox limit 100001) waiting")


@dataclass(slots=True)
class _Outcome:
    """What became of claimed deadlines; one in neither list is another worker's."""

    met: list[Due] = field(default_factory=list)
    failed: list[tuple[Due, datetime]] = field(default_factory=list)


class Sweeper(Generic[UnitOfWork]):
    """Acts on what is due, at once while there is more, otherwise once a second.

    Any number may run: a deadline is claimed by one of them, and the inbox lets it take effect once.
    Deadlines of one name share transactions; where one fails, each is tried alone. A deadline that fails
    rests longer each time and is dead after its last try, so that it never delays the others.
    """

    def __init__(
        self,
        database: Database,
        bus: CommandBus[UnitOfWork],
        deadlines: Sequence[Deadline[UnitOfWork]],
        clock: Clock,
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._bus = bus
        self._deadlines = {deadline.name: deadline for deadline in deadlines}
        self._queue = DeadlineQueue(database, list(self._deadlines))
        self._clock = clock
        self._jitter = jitter
        self._stopping = asyncio.Event()
        self._rounds = 0
        self._tasks: list[asyncio.Task[None]] = []
        self._heartbeats = Heartbeat("sweeper"), Heartbeat("housekeeping")

    @property
    def heartbeat(self) -> Heartbeat:
        """Of the loop that went round longest ago."""
        return max(self._heartbeats, key=lambda each: each.idle_seconds)

    async def start(self) -> None:
        self._tasks = [
            asyncio.create_task(go_round(self._stopping, beat, work, lambda: TICK), name=beat.name)
            for beat, work in zip(self._heartbeats, (self._sweep_on, self._keep_house), strict=True)
        ]

    async def stop(self) -> None:
        self._stopping.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def sweep(self) -> int:
        """One round over what is due now; how many deadlines were met."""
        _, met = await self._sweep()
        return met

    async def _sweep_on(self) -> bool:
        claimed, _ = await self._sweep()
        return claimed > 0

    async def _sweep(self) -> tuple[int, int]:
        """One round; how many deadlines were claimed, and how many of them met."""
        now = self._clock.now()
        claimed = await self._queue.claim(now, fresh=FRESH, failed=FAILED)
        groups: dict[int, list[Claimed]] = defaultdict(list)
        for each in sorted(claimed, key=lambda each: each.due.due_at):
            groups[zlib.crc32(each.due.subject_id.bytes) % SIDE_BY_SIDE].append(each)
        rounds = await asyncio.gather(*map(self._meet, groups.values()), return_exceptions=True)
        for outcome in rounds:
            if isinstance(outcome, BaseException):
                raise outcome
        return len(claimed), sum(outcome for outcome in rounds if isinstance(outcome, int))

    async def _meet(self, claimed: Sequence[Claimed]) -> int:
        """Act on these, one batch after the other; how many were met."""
        by_name: dict[str, list[Claimed]] = defaultdict(list)
        for each in claimed:
            by_name[each.due.name].append(each)
        met = 0
        for named in by_name.values():
            for first in range(0, len(named), BATCH):
                if self._stopping.is_set():
                    return met  # the rest is claimed again when its lease ends
                met += await self._meet_batch(named[first : first + BATCH])
                self._heartbeats[0].beat()
        return met

    async def _meet_batch(self, batch: Sequence[Claimed]) -> int:
        """Act on deadlines of one name, in one transaction; where it fails, on each alone."""
        outcome = _Outcome()
        if len(batch) == 1 or not await self._meet_together(batch, outcome):
            for each in batch:
                await self._meet_alone(each, outcome)
        await self._queue.finish(outcome.met)
        await self._queue.fail(outcome.failed, self._clock.now())
        for due in outcome.met:
            metrics.deadlines_met.add(1, {"name": due.name})
        return len(outcome.met)

    async def _meet_together(self, batch: Sequence[Claimed], outcome: _Outcome) -> bool:
        """Whether one transaction served all. If not, nothing is known of any: the commit may be lost."""
        try:
            instructions = [self._deadlines[each.due.name].policy(each.due) for each in batch]
            envelopes: list[CommandEnvelope[Any, Any]] = [
                CommandEnvelope(_message(each.due, instruction), instruction.command)
                for each, instruction in zip(batch, instructions, strict=True)
            ]
            results = await self._bus.execute_each(envelopes, in_turn(instructions))
        except Exception as error:
            if is_transient(error) and not is_overdue(error):
                raise
            log.warning("deadlines_failed_together", error=type(error).__name__, count=len(batch))
            return False
        for each, result in zip(batch, results, strict=True):
            if not isinstance(result, Exception):  # otherwise another worker has it in hand
                outcome.met.append(each.due)
        return True

    async def _meet_alone(self, claimed: Claimed, outcome: _Outcome) -> None:
        due = claimed.due
        try:
            instruction = self._deadlines[due.name].policy(due)
            await self._bus.execute(_message(due, instruction), instruction.handler, instruction.command)
        except InFlight:
            return  # another worker has it in hand
        except Exception as error:
            # One deadline whose work takes too long must not keep the others waiting.
            if is_transient(error) and not is_overdue(error):
                raise
            # Where it failed is logged once, at the first try; later ones fail alike.
            report = log.error if claimed.attempts else log.exception
            report(
                "deadline_failed", name=due.name, subject_id=str(due.subject_id), error=type(error).__name__
            )
            rest = rest_after(claimed.attempts + 1, self._jitter())
            outcome.failed.append((due, self._clock.now() + rest))
            return
        outcome.met.append(due)

    async def _keep_house(self) -> bool:
        """Forget what is old, every ten minutes; measure what waits, each time. Never in a hurry."""
        if self._rounds % _HOUSEKEEPING_TICKS == 0:
            await self._forget()
        self._rounds += 1
        await self._measure()
        return False

    async def _forget(self) -> None:
        for parent in await partitions.parents(self._database):
            while await partitions.keep(self._database, parent) and not self._stopping.is_set():
                self._heartbeats[1].beat()
        while await self._forget_brief_claims() == FORGET_BATCH and not self._stopping.is_set():
            self._heartbeats[1].beat()
        async with self._database.session() as db:
            await db.execute(_FORGET_REPLAYED, {"kept": REPLAYED_KEPT})
            await db.commit()

    async def _forget_brief_claims(self) -> int:
        async with self._database.session() as db:
            result: Any = await db.execute(
                _FORGET_BRIEF_CLAIMS, {"kept": BRIEF_CLAIMS_KEPT, "limit": FORGET_BATCH}
            )
            await db.commit()
        return int(result.rowcount)

    async def _measure(self) -> None:
        async with self._database.session() as db:
            metrics.depth.set(int(await db.scalar(_DEPTH) or 0))
        overdue, dead = await self._queue.state(self._clock.now())
        for name in self._deadlines:
            metrics.deadlines_overdue.set(overdue.get(name, 0.0), {"name": name})
            metrics.deadlines_dead.set(dead.get(name, 0), {"name": name})


def _message(due: Due, instruction: Instruction[Any]) -> Message:
    return Message(f"{DEADLINE_SOURCE}{due.name}", str(due.wait_id), instruction.tenants, kind="deadline")
