"""Announcing: a service publishes its present state again, for whoever lost a copy or begins late.

Every aggregate is told as it is now, through the outbox, at the sequence it has now: to a reader that knows
it already nothing is new. Each event has an id of its own, so that an inbox that has had the first telling
does not take this one for the same.
"""

import asyncio
import time
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bus import outbox
from shared.bus.transaction import Transaction
from shared.bus.wake import Waker
from shared.contracts.contract import Contract
from shared.kernel import Clock
from shared.persistence.database import Database
from shared.telemetry.logs import logger

RATE = 500  # aggregates a second, unless another rate is asked for
PAGE = 200  # aggregates of one transaction, whose rows are locked for so long
TENANTS_AT_ONCE = 50
_BEGIN = text(
    """
    insert into announcements (what, since) values (:what, :since)
    on conflict (what) where ended_at is null do nothing
    """
)
_CURSOR = text(
    """
    select since, tenant, after from announcements
    where what = :what and ended_at is null for update skip locked
    """
)
_MOVE = text(
    """
    update announcements
    set tenant = :tenant, after = :after, said = said + :said,
        ended_at = case when cast(:ended as boolean) then cast(:now as timestamptz) end
    where what = :what and ended_at is null
    """
)
_ACT_FOR = text("select set_config('app.tenants', :tenants, true)")
log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """Which aggregates are asked for: of these tenants, in order of their ids from after one.

    What was over before the day `since` is left out.
    """

    tenants: list[UUID]
    after: UUID | None
    since: date | None
    today: date
    limit: int = PAGE

    def values(self, **more: Any) -> dict[str, Any]:
        """What a page's statement is given."""
        asked = {"tenants": self.tenants, "after": self.after, "since": self.since, "limit": self.limit}
        return asked | more


@dataclass(frozen=True, slots=True)
class Said:
    """One aggregate: its id, and the events that tell what it is now, each with its sequence."""

    id: UUID
    events: Sequence[tuple[Contract, int]]


@dataclass(frozen=True, slots=True)
class Announcement:
    """One kind of state that can be published again.

    `tenants` selects whose rows there are; None where the rows stand without tenants. `read` gives a page
    and locks each row of it until the transaction ends: what is told does not change meanwhile, so that the
    newest event of an aggregate stays its last.
    """

    what: str
    topic: str
    tenants: TextClause | None
    read: Callable[[AsyncSession, Page], Awaitable[Sequence[Said]]]


class AnnouncedElsewhere(Exception):  # noqa: N818 - nothing is wrong
    """Another process is announcing the same kind at this moment."""


class Announcer:
    """Announces page by page; where it stands is kept with what it published."""

    def __init__(self, database: Database, waker: Waker, clock: Clock, *, source: str) -> None:
        self._database = database
        self._waker = waker
        self._clock = clock
        self._source = source

    async def announce(self, announcement: Announcement, since: date | None = None, rate: int = RATE) -> int:
        """Announce all of a kind, going on where an announcement of it was broken off; how many aggregates.

        One that was broken off keeps the day it began with. Raises `AnnouncedElsewhere`.
        """
        tenants = await self._begin(announcement, since)
        total = 0
        while True:
            began = time.monotonic()
            said, ended = await self._step(announcement, tenants)
            total += said
            if ended:
                log.info("announced", name=announcement.what, count=total)
                return total
            await asyncio.sleep(max(0.0, said / rate - (time.monotonic() - began)))

    async def _begin(self, announcement: Announcement, since: date | None) -> list[UUID]:
        async with self._database.session() as db:
            await db.execute(_BEGIN, {"what": announcement.what, "since": since})
            tenants: list[UUID] = []
            if announcement.tenants is not None:
                tenants = sorted(await db.scalars(announcement.tenants))
            await db.commit()
        return tenants

    async def _step(self, announcement: Announcement, tenants: Sequence[UUID]) -> tuple[int, bool]:
        """Publish one page; how many aggregates, and whether it was the last."""
        async with self._database.session() as db:
            at = (await db.execute(_CURSOR, {"what": announcement.what})).one_or_none()
            if at is None:
                raise AnnouncedElsewhere
            first = bisect_right(tenants, at.tenant) if at.tenant else 0
            batch = list(tenants[first : first + TENANTS_AT_ONCE])
            await db.execute(_ACT_FOR, {"tenants": ",".join(map(str, batch))})
            page = await announcement.read(db, Page(batch, at.after, at.since, self._clock.today()))
            transaction = Transaction(db, self._source, self._clock.now(), self._clock.today())
            for said in page:
                for event, sequence in said.events:
                    transaction.publish(event, sequence=sequence, announced=True)
            await outbox.write(db, transaction.events)
            whole = len(page) < PAGE
            ended = whole and first + TENANTS_AT_ONCE >= len(tenants)
            await db.execute(
                _MOVE,
                {
                    "what": announcement.what,
                    "tenant": batch[-1] if whole and batch else at.tenant,
                    "after": None if whole else page[-1].id,
                    "said": len(page),
                    "ended": ended,
                    "now": self._clock.now(),
                },
            )
            await db.commit()
        if page:
            self._waker.wake()
        return len(page), ended
