"""What copying registers needs from outside."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from outcomes.copies.domain import BookedIn
from outcomes.copies.ports import Copies
from outcomes.registers.commands import CopyRegister
from outcomes.registers.domain import LearnerDay


class Registers(Protocol):
    """Who was where, for how long."""

    async def begin(self, registers: Sequence[CopyRegister]) -> Sequence[CopyRegister]:
        """Begin registers, each of another booking or day; those that are newer than what is known."""
        ...

    async def copy(self, registers: Sequence[CopyRegister]) -> Sequence[LearnerDay]:
        """Copy them: who is no longer named counts as absent. The days of all they name or named."""
        ...

    async def of_booking(self, institution_id: UUID, booking_id: UUID) -> Sequence[LearnerDay]:
        """The learners in a booking's registers, with their days."""
        ...

    async def days_present(self, session_id: UUID, learner_id: UUID) -> Sequence[date]:
        """The days on which a learner was present at a session."""
        ...

    async def present(self, session_id: UUID) -> Sequence[BookedIn]:
        """Who was present at a session on any day, by booking."""
        ...


class RegisterLearners(Protocol):
    """The learners whom registers name; the ledger keeps them."""

    async def remembered(self, learner_ids: Collection[UUID]) -> set[UUID]:
        """Those of these learners who have not been forgotten."""
        ...

    async def open(self, learners: Iterable[LearnerDay]) -> None:
        """See that each of these learners has an account which the institution sees."""
        ...


class RegistersUnitOfWork(Protocol):
    """What copying registers needs of a transaction."""

    copies: Copies
    registers: Registers
    register_learners: RegisterLearners
