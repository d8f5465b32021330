"""Clearances that are to be decided again, each by a deadline of its own that is due at once."""

from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from safeguarding.clearances.domain.clearance import OPEN, REVIEW
from safeguarding.clearances.domain.clearance_rules import REFERRED
from shared.bus.transaction import Transaction

_OF_SESSION = text(
    """
    select clearance_id, provider_id from clearances
    where session_id = :session_id and state = any (:open)
    """
)
_OF_SUPERVISOR = text(
    """
    select c.clearance_id, c.provider_id from known_sessions s join clearances c using (session_id)
    where s.supervisor_ids @> array[cast(:supervisor_id as uuid)] and s.provider_id = :provider_id
      and cast(:today as date) <= any (s.days)
      and c.provider_id = :provider_id and c.state = any (:open)
    """
)
_OF_REFERRED = text(
    """
    select clearance_id, provider_id from clearances
    where institution_id = :institution_id and provider_id = :provider_id and state = :referred
    """
)


class ReviewRepository:
    """Sets the deadlines in the transaction in which a fact changes; the sweeper decides one by one.

    However many bookings rest on the fact, it is recorded at once, and each is decided and tried again by
    itself.
    """

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def of_session(self, session_id: UUID) -> None:
        await self._review(_OF_SESSION, session_id=session_id)

    async def of_supervisor(self, provider_id: UUID, supervisor_id: UUID) -> None:
        today = self._transaction.today
        await self._review(_OF_SUPERVISOR, provider_id=provider_id, supervisor_id=supervisor_id, today=today)

    async def of_referred(self, institution_id: UUID, provider_id: UUID) -> None:
        of = {"institution_id": institution_id, "provider_id": provider_id}
        await self._review(_OF_REFERRED, **of, referred=REFERRED)

    async def _review(self, chosen: TextClause, **values: Any) -> None:
        rows = await self._transaction.db.execute(chosen, values | {"open": sorted(OPEN)})
        now = self._transaction.now
        await self._transaction.wait_until_each(
            [(REVIEW, row.clearance_id, row.provider_id, now) for row in rows]
        )
