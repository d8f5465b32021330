"""A session's places: taken and freed by the database in one conditional statement."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text

from bookings.domain.bookings import Holding
from bookings.domain.line import CALL
from shared.bus.transaction import Transaction
from shared.contracts.bookings import PlacesChanged
from shared.kernel import ConcurrentChange

_SETTLE = text(
    """
    with change as (
      select * from unnest(cast(:session_ids as uuid[]), cast(:places as int[]), cast(:waiting as int[]),
                           cast(:newcomers as boolean[])) as c(session_id, places, waiting, newcomer)
    ), locked as (
      select session_id from session_places where session_id = any (cast(:session_ids as uuid[]))
      order by session_id for update
    )
    update session_places p
    set taken = p.taken + c.places, waiting = p.waiting + c.waiting, version = p.version + 1
    from change c join locked using (session_id)
    where p.session_id = c.session_id and p.taken + c.places <= p.places
      and (p.waiting = 0 or not c.newcomer)
    returning p.session_id, p.opportunity_id, p.provider_id, p.places, p.taken, p.waiting, p.version,
      c.places <> 0 as moved
    """
)


class PlacesTaken(NamedTuple):
    """What changes in one session; a newcomer may not overtake a line."""

    session_id: UUID
    change: Holding
    newcomer: bool


class Places:
    """The counters beside the bookings; a CHECK keeps them between none and all."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def settle(self, changes: Sequence[PlacesTaken]) -> None:
        """Take or free places, and enter or leave the lines, of many sessions locked in one order.

        Raises `ConcurrentChange` where others took the places first, or a newcomer finds a line
        that was not there before: tried again, the request sees how things stand.
        """
        if not changes:
            return
        found = await self._transaction.db.execute(
            _SETTLE,
            {
                "session_ids": [each.session_id for each in changes],
                "places": [each.change.places for each in changes],
                "waiting": [each.change.waiting for each in changes],
                "newcomers": [each.newcomer for each in changes],
            },
        )
        rows = found.all()
        if len(rows) != len(changes):
            raise ConcurrentChange
        for row in rows:
            if row.moved:
                self._transaction.publish(
                    PlacesChanged(
                        session_id=row.session_id,
                        opportunity_id=row.opportunity_id,
                        places=row.places,
                        taken=row.taken,
                    ),
                    sequence=row.version,
                )
            await self.call_line(row)

    async def call_line(self, row: Any) -> None:
        """Have the line called up where somebody waits and places are free.

        It is a deadline that is due at once: the sweeper acts for the provider, whose session it
        is, because whoever frees places may not touch another institution's booking. The version
        makes each call one of its own, also within one instant.
        """
        if row.waiting > 0 and row.taken < row.places:
            due_at = self._transaction.now - timedelta(microseconds=row.version)
            await self._transaction.wait_until(CALL, row.session_id, row.provider_id, due_at)
