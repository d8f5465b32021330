"""What the use cases need from the outside, by its role."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from outcomes.application.commands import (
    TakeLearner,
)
from outcomes.copies.domain import BookingRef
from outcomes.copies.ports import Copies
from outcomes.domain.counting import Evidence, Rules
from outcomes.domain.ledger import Account, Occasion
from outcomes.registers.domain import LearnerDay
from outcomes.registers.ports import RegisterLearners, Registers


class Rulebook(Protocol):
    """The counting rules, by the day they apply to."""

    def on(self, day: date) -> Rules:
        """The version in force on that day; before the first, the first."""
        ...


@dataclass(frozen=True, slots=True)
class Attended:
    """One learner's day at one session, with what shows how meaningful it was."""

    learner_id: UUID
    occasion: Occasion
    evidence: Evidence


class AttendedDays(Protocol):
    """What was attended, with all that is known about it."""

    async def of(self, days: Sequence[LearnerDay]) -> Sequence[Attended]:
        """All that these learners have in any register of these days."""
        ...


class Accounts(Protocol):
    """Ledger accounts, and where each learner is now."""

    async def remembered(self, learner_ids: Collection[UUID]) -> set[UUID]:
        """Those of these learners who have not been forgotten."""
        ...

    async def open(self, learners: Iterable[LearnerDay]) -> None:
        """See that each of these learners has an account which the institution sees."""
        ...

    async def enter(self, command: TakeLearner) -> UUID | None:
        """Note where the learner is; where the learner was before, or None where something newer is known."""
        ...

    async def load(self, days: Sequence[LearnerDay]) -> dict[UUID, Account]:
        """These learners' accounts, with their standings on these days.

        Raises `ValueError` for a learner at two institutions: both write one account, one after the other.
        """
        ...

    async def recount(self, account: Account) -> None:
        """Take the account's totals from the ledger: entries made elsewhere are in it."""
        ...

    async def save(self, accounts: Iterable[Account]) -> None:
        """Write the entries, the standings, the totals and the institutions' counts, and say the entries."""
        ...

    async def forget(self, learner_id: UUID) -> None:
        """Remove all that leads to or tells of the learner; the ledger's entries lead to nobody."""
        ...


class LedgerDeadlines(Protocol):
    """What the ledger does next, in transactions of their own."""

    async def leave_soon(self, learner_id: UUID, institution_id: UUID) -> None:
        """Have the learner's enrolment at a former institution closed."""
        ...


class UnitOfWork(Protocol):
    """One transaction of `outcomes`."""

    now: datetime
    today: date
    rules: Rulebook
    copies: Copies
    deadlines: LedgerDeadlines
    registers: Registers
    register_learners: RegisterLearners
    attended_days: AttendedDays
    accounts: Accounts

    async def lock_institution(self, institution_id: UUID) -> None:
        """Let no other transaction write the institution's accounts until this one ends."""
        ...

    async def lock_bookings(self, bookings: Sequence[BookingRef]) -> None:
        """Lock the bookings' institutions; evidence and facts about their sessions stand still, too."""
        ...

    async def lock(self, subject_id: UUID) -> None:
        """Let no other transaction write or read a session's evidence, an opportunity, a learner's words."""
        ...
