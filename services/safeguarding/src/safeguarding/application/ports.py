"""What the use cases need from the outside, by its role."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from safeguarding.application.commands import (
    Access,
    ListConcerns,
)
from safeguarding.assurances.ports import Checklists, Passports
from safeguarding.copies.ports import Copies, KnownProviders
from safeguarding.domain.clearances import Clearance
from safeguarding.domain.clearing import Case, Learners
from safeguarding.domain.concerns import Concern
from safeguarding.supervisors.ports import Supervisors


class Clearances(Protocol):
    """Keeps clearances and the days on which their adults supervise."""

    async def case_of(self, session_id: UUID, provider_id: UUID, learners: Learners) -> Case:
        """The case of a booking as everything stands now, its adults locked until the end.

        Raises `NotYetKnown` while the register's events about it have not arrived.
        """
        ...

    async def of_booking(self, booking_id: UUID) -> Clearance | None:
        """The booking's clearance, if it was decided."""
        ...

    async def get(self, clearance_id: UUID, institutions: Iterable[UUID]) -> Clearance:
        """A clearance of one of these institutions. Raises `NotFound`."""
        ...

    async def save(self, clearance: Clearance) -> None:
        """Keep it with its adults' days, and say what was decided."""
        ...

    async def forget_learner(self, learner_id: UUID, institution_id: UUID) -> None:
        """Forget a learner's pseudonym."""
        ...


class Concerns(Protocol):
    """Keeps concerns, and who has read them."""

    async def get(self, concern_id: UUID, organisations: Iterable[UUID]) -> Concern:
        """A concern one of these organisations raised or handles. Raises `NotFound`."""
        ...

    async def page(self, wanted: ListConcerns) -> Sequence[Concern]:
        """One more than the limit, newest first."""
        ...

    async def save(self, concern: Concern) -> None:
        """Keep it."""
        ...

    async def log(self, accesses: Sequence[Access]) -> None:
        """Write down who read what."""
        ...


class UnitOfWork(Protocol):
    """One transaction of safeguarding."""

    now: datetime
    today: date
    copies: Copies
    providers: KnownProviders
    checklists: Checklists
    passports: Passports
    supervisors: Supervisors
    clearances: Clearances
    concerns: Concerns

    async def act_also_for(self, provider_id: UUID) -> None:
        """Let this transaction change a provider's passport too: what a concern is for."""
        ...
