"""A session's places: taken and freed by the database in one conditional statement."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bookings.domain.bookings import Holding
from bookings.domain.line import CALL
from shared.contracts.bookings import PlacesChanged
from shared.kernel import ConcurrentChange
from shared.persistence.transaction import Transaction

_SETTLE = text(
    """
    update session_places
    set taken = taken + :places, waiting = waiting + :waiting, version = version + 1
    where session_id = :session_id and taken + :places <= places
      and (waiting = 0 or not cast(:newcomer as boolean))
    returning session_id, opportunity_id, provider_id, places, taken, waiting, version
    """
)


class Places:
    """The counters beside the bookings; a CHECK keeps them between none and all."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def settle(self, session_id: UUID, change: Holding, *, newcomer: bool) -> None:
        """Take or free places, and enter or leave the line.

        Raises `ConcurrentChange` where others took the places first, or a newcomer finds a line
        that was not there before: tried again, the request sees how things stand.
        """
        rows = await self._transaction.session.execute(
            _SETTLE,
            {
                "session_id": session_id,
                "places": change.places,
                "waiting": change.waiting,
                "newcomer": newcomer,
            },
        )
        row = rows.one_or_none()
        if row is None:
            raise ConcurrentChange
        if change.places:
            self._transaction.say(
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
