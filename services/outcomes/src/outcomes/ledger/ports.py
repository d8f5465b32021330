"""What the use cases of the ledger need from outside."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol
from uuid import UUID

from outcomes.copies.domain import BookingRef
from outcomes.ledger.commands import EnrolLearner
from outcomes.ledger.domain.account import Account, Attended
from outcomes.ledger.domain.counting import Rules
from outcomes.registers.domain import LearnerDay
from outcomes.registers.ports import RegistersUnitOfWork


class CountingRules(Protocol):
    """The counting rules, by the day they apply to."""

    def on(self, day: date) -> Rules:
        """The version in force on that day; before the first, the first."""
        ...


@dataclass(frozen=True, slots=True)
class AccountChange:
    """An account as it was loaded, and as it was saved."""

    before: Account
    after: Account


class Accounts(Protocol):
    """Ledger accounts; saving one publishes its entries."""

    async def load(self, days: Sequence[LearnerDay]) -> dict[UUID, Account]:
        """These learners' accounts, with their assessments on these days.

        Raises `ValueError` for a learner at two institutions: both write one account, one after the other.
        """
        ...

    async def recount(self, account: Account) -> None:
        """Take the account's totals from the ledger: entries made elsewhere are in it."""
        ...

    async def save(self, accounts: Iterable[Account]) -> Sequence[AccountChange]:
        """Save entries, assessments, totals and enrolments; each account before and after."""
        ...


class Enrolments(Protocol):
    """Where each learner is now, and which institutions see the learner's account."""

    async def remembered(self, learner_ids: Collection[UUID]) -> set[UUID]:
        """Those of these learners who have not been forgotten."""
        ...

    async def move(self, command: EnrolLearner) -> UUID | None:
        """Move the learner here; where the learner was before, or None where something newer is known."""
        ...

    async def closed(self, learner_id: UUID, institution_id: UUID) -> UUID | None:
        """Note that this former institution's enrolment is closed; another one where it is not yet."""
        ...

    async def forgotten(self, learner_id: UUID, institution_id: UUID) -> UUID | None:
        """Note that nothing here names the learner any more; another institution where something may."""
        ...

    async def forget(self, learner_id: UUID) -> None:
        """Remove all that leads to the learner; the ledger's entries stay, and lead to nobody."""
        ...


class AttendedDays(Protocol):
    """What was attended, with all that is known about it."""

    async def of(self, days: Sequence[LearnerDay]) -> Sequence[Attended]:
        """All that these learners have in any register of these days."""
        ...


class LedgerDeadlines(Protocol):
    """What the ledger does next, in transactions of their own."""

    async def leave_soon(self, learner_id: UUID, institution_id: UUID) -> None:
        """Have the learner's enrolment at a former institution closed."""
        ...

    async def move_up_on(self, learner_id: UUID, institution_id: UUID, day: date) -> None:
        """Have the learner counted in another year group from that day on; one such day a learner."""
        ...


class Counts(Protocol):
    """Counts of accounts that reports are made of; progress keeps them, in the transaction of the change."""

    async def move(self, changes: Sequence[AccountChange]) -> None:
        """Move these accounts from where they were counted to where they are now."""
        ...


class LedgerUnitOfWork(RegistersUnitOfWork, Protocol):
    """What the ledger needs of a transaction."""

    today: date
    rules: CountingRules
    accounts: Accounts
    enrolments: Enrolments
    attended_days: AttendedDays
    deadlines: LedgerDeadlines
    counts: Counts

    async def lock_institution(self, institution_id: UUID) -> None:
        """Let no other transaction write the institution's accounts until this one ends."""
        ...

    async def lock_bookings(self, bookings: Sequence[BookingRef]) -> None:
        """Lock the bookings' institutions; evidence and facts about their sessions stand still, too."""
        ...

    async def lock(self, subject_id: UUID) -> None:
        """Let no other transaction write a learner's words until this one ends."""
        ...
