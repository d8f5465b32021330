"""The ledger's deadlines, in the one place where they are set.

Each is due at once, but for the day on which a learner moves up: its work is done next, in a transaction of
its own, under one institution's lock.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from uuid import UUID

from outcomes.copies.domain import BookedIn
from outcomes.ledger.domain.account import Account
from shared.bus.transaction import Transaction
from shared.kernel.clock import LONDON

ASSESSMENT = "assessment"
DEPARTURE = "departure"
RECOUNT = "recount"
MOVING_UP = "moving-up"


class TransactionDeadlines:
    """Sets the ledger's deadlines in a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def assess_soon(self, bookings: Sequence[BookedIn]) -> None:
        await self._soon(ASSESSMENT, [(each.booking_id, each.institution_id) for each in bookings])

    async def leave_soon(self, learner_id: UUID, institution_id: UUID) -> None:
        await self._soon(DEPARTURE, [(learner_id, institution_id)])

    async def move_up_on(self, learner_id: UUID, institution_id: UUID, day: date) -> None:
        due = datetime.combine(day, time(), LONDON)
        await self._transaction.wait_until_each([(MOVING_UP, learner_id, institution_id, due)])

    async def recount_soon(self, accounts: Iterable[Account]) -> None:
        """Have accounts recounted where their learners are now, if entries were made elsewhere."""
        elsewhere = [each for each in accounts if each.present_at != each.institution_id]
        await self._soon(RECOUNT, [(each.learner_id, each.present_at) for each in elsewhere])

    async def _soon(self, deadline: str, subjects: Sequence[tuple[UUID, UUID]]) -> None:
        now = self._transaction.now
        await self._transaction.wait_until_each(
            [(deadline, subject_id, institution_id, now) for subject_id, institution_id in subjects]
        )
