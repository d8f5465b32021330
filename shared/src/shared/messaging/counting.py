"""Counting: a service counts its own rows of a day, by institution, and publishes the numbers.

A day is counted when it has settled, and again later, since registers are corrected: each time as the rows
stand then. One page of institutions is one transaction and one event; where a counting was broken off, it
goes on with the page after.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bus import outbox
from shared.bus.transaction import Transaction
from shared.bus.wake import Waker
from shared.contracts.contract import service_of, source_of
from shared.contracts.totals import DayTotal, TotalsCounted
from shared.kernel import Clock
from shared.kernel.clock import LONDON
from shared.messaging.heartbeat import Heartbeat, go_round
from shared.persistence.database import Database, is_overdue, is_transient
from shared.telemetry import metrics
from shared.telemetry.logs import logger

# Days after a day at which it is counted: once registers have come, and while they are still corrected.
AGES = (2, 3, 7, 14, 28)
AT = time(2)  # at night, in England
APART = timedelta(hours=12)  # between two countings of a day, also where a service was away for long
KEPT = timedelta(days=40)
TENANTS_AT_ONCE = 400  # institutions in one event: some 70,000 bytes
TICK = 2.0  # seconds between looks where nothing is to be counted
AFTER_A_FAILURE = timedelta(minutes=5)
_OPEN = text(
    """
    insert into day_counts (on_day, due_at)
    select * from unnest(cast(:days as date[]), cast(:due as timestamptz[])) on conflict do nothing
    """
)
_NEWEST = text("select max(on_day) from day_counts where on_day <= :newest")
_FORGET = text("delete from day_counts where on_day < :before")
_DUE = text(
    """
    select on_day, as_of, after, said from day_counts
    where due_at <= :now order by due_at, on_day limit 1 for update skip locked
    """
)
_MOVE = text(
    """
    update day_counts set as_of = :as_of, after = :after, said = said + 1, due_at = :due_at
    where on_day = :on_day
    """
)
_PUT_OFF = text("update day_counts set due_at = :due_at where on_day = :on_day")
_AGAIN = text(
    """
    insert into day_counts (on_day, due_at) values (:on_day, :now)
    on conflict (on_day) do update set due_at = excluded.due_at
    """
)
_ACT_FOR = text("select set_config('app.tenants', :tenants, true)")
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Counting:
    """What a service counts.

    `institutions` selects whose rows there may be, `by_institution` counts a day (`on_day`) for some of them
    (`tenants`): a row for each that has anything, its columns named like the members of `DayTotal`.
    `of_the_day` counts what is nobody's, in one row.
    """

    contract: type[TotalsCounted]
    institutions: TextClause | None = None
    by_institution: TextClause | None = None
    of_the_day: TextClause | None = None


def next_count(on: date, since: datetime | None = None) -> datetime | None:
    """When a day is counted next that was last counted at `since`, or never; None where it is no more."""
    moments = [datetime.combine(on + timedelta(days=age), AT, LONDON) for age in AGES]
    return next((each for each in moments if since is None or each >= since + APART), None)


async def count_again(database: Database, on: date, now: datetime) -> None:
    """Have a day counted as soon as may be, whatever its age."""
    async with database.session() as db:
        await db.execute(_AGAIN, {"on_day": on, "now": now})
        await db.commit()


class DayCounter:
    """Counts what is due, at once while there is more. Any number may run: they share the pages."""

    def __init__(self, database: Database, waker: Waker, clock: Clock, counting: Counting) -> None:
        self._database = database
        self._waker = waker
        self._clock = clock
        self._counting = counting
        self._source = source_of(service_of(counting.contract.topic))
        self._opened: date | None = None
        self._institutions: list[UUID] = []
        self._failing: set[date] = set()
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.heartbeat = Heartbeat("day counter", limit=3 * TICK + 60)

    async def start(self) -> None:
        work = go_round(self._stopping, self.heartbeat, self.count, lambda: TICK)
        self._tasks = [asyncio.create_task(work, name=self.heartbeat.name)]

    async def stop(self) -> None:
        self._stopping.set()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def count(self) -> bool:
        """Count one page of the day that is due longest; whether there was any."""
        await self._open_days()
        async with self._database.session() as db:
            due = (await db.execute(_DUE, {"now": self._clock.now()})).one_or_none()
            if due is None:
                return False
            try:
                await self._page(db, due)
                await db.commit()
                self._failing.discard(due.on_day)
            except Exception as error:
                if is_transient(error) and not is_overdue(error):
                    raise
                log.exception("day_not_counted", name=str(due.on_day))
                self._failing.add(due.on_day)
                await db.rollback()
                await self._put_off(db, due.on_day)
        metrics.days_not_counted.set(len(self._failing))
        self._waker.wake()
        return True

    async def _put_off(self, db: AsyncSession, on: date) -> None:
        """Try a day later that could not be counted: others are counted meanwhile."""
        await db.execute(_PUT_OFF, {"on_day": on, "due_at": self._clock.now() + AFTER_A_FAILURE})
        await db.commit()

    async def _open_days(self) -> None:
        """See that every day which is old enough is known, once a day; the first one begins."""
        today = self._clock.today()
        if self._opened == today:
            return
        newest = today - timedelta(days=AGES[0])
        async with self._database.session() as db:
            known = await db.scalar(_NEWEST, {"newest": newest})
            first = newest if known is None else max(known, today - timedelta(days=AGES[-1]))
            days = [first + timedelta(days=each) for each in range((newest - first).days + 1)]
            await db.execute(_OPEN, {"days": days, "due": [next_count(day) for day in days]})
            await db.execute(_FORGET, {"before": today - KEPT})
            await db.commit()
        self._opened = today

    async def _page(self, db: AsyncSession, due: Any) -> None:
        now = self._clock.now()
        as_of: datetime = due.as_of or now
        if due.as_of is None or not self._institutions:
            self._institutions = await self._all_institutions(db)
        first = bisect_right(self._institutions, due.after) if due.after else 0
        batch = self._institutions[first : first + TENANTS_AT_ONCE]
        complete = first + len(batch) >= len(self._institutions)
        totals = await self._totals(db, due.on_day, batch)
        if complete:
            totals += await self._totals_of_the_day(db, due.on_day)
        if totals or complete:
            transaction = Transaction(db, self._source, now, self._clock.today())
            said = self._counting.contract(on=due.on_day, as_of=as_of, totals=totals, complete=complete)
            transaction.publish(said, sequence=due.said + 1)
            await outbox.write(db, transaction.events)
        moved = {
            "on_day": due.on_day,
            "as_of": None if complete else as_of,
            "after": None if complete else batch[-1],
            "due_at": next_count(due.on_day, as_of) if complete else as_of,
        }
        await db.execute(_MOVE, moved)

    async def _all_institutions(self, db: AsyncSession) -> list[UUID]:
        if self._counting.institutions is None:
            return []
        return sorted((await db.scalars(self._counting.institutions)).all())

    async def _totals(self, db: AsyncSession, on: date, batch: Sequence[UUID]) -> list[DayTotal]:
        if self._counting.by_institution is None or not batch:
            return []
        await db.execute(_ACT_FOR, {"tenants": ",".join(map(str, batch))})
        rows = await db.execute(self._counting.by_institution, {"on_day": on, "tenants": list(batch)})
        return [DayTotal(**row._asdict()) for row in rows]

    async def _totals_of_the_day(self, db: AsyncSession, on: date) -> list[DayTotal]:
        if self._counting.of_the_day is None:
            return []
        rows = await db.execute(self._counting.of_the_day, {"on_day": on})
        return [DayTotal(institution_id=None, **row._asdict()) for row in rows]
