"""What the use cases of clearances need from outside."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from safeguarding.clearances.domain.clearance import Clearance
from safeguarding.clearances.domain.clearance_rules import Case, ClearanceRules, Learners
from safeguarding.clearances.domain.dbs import AdultDecision
from safeguarding.copies.ports import Reviews


class ClearanceRuleVersions(Protocol):
    """The versions of the rules."""

    def on(self, day: date) -> ClearanceRules:
        """The rules in force on a day."""
        ...

    def version(self, version: str) -> ClearanceRules:
        """A named version, by which an earlier decision was made. Raises `LookupError`."""
        ...


class Cases(Protocol):
    """Gathers what a decision rests on."""

    async def of(
        self, booking_id: UUID, session_id: UUID, institution_id: UUID, provider_id: UUID, learners: Learners
    ) -> Case:
        """The case of a booking as everything is now; session and adults stay so until this ends.

        Raises `NotYetKnown` while the events about its session have not arrived.
        """
        ...


class Clearances(Protocol):
    """Stores clearances and the days on which their adults supervise."""

    async def of_booking(self, booking_id: UUID) -> Clearance | None:
        """The booking's clearance, if it was decided."""
        ...

    async def of_provider(self, clearance_id: UUID, provider_id: UUID) -> Clearance:
        """A clearance of a booking at this provider. Raises `NotFound`."""
        ...

    async def get(self, clearance_id: UUID, institutions: Iterable[UUID]) -> Clearance:
        """A clearance of one of these institutions. Raises `NotFound`."""
        ...

    async def save(self, clearance: Clearance) -> None:
        """Store it with its adults' days, keep the decision it had before, and publish what was decided.

        Raises `ConcurrentChange`.
        """
        ...

    async def forget_learner(self, learner_id: UUID, institution_id: UUID) -> None:
        """Remove a learner's pseudonym wherever it is stored."""
        ...


class AdultDecisions(Protocol):
    """What a school's safeguarding leads decided about adults; the latest for an adult and site holds."""

    async def record(
        self, clearance: Clearance, adults: Collection[UUID], decision: AdultDecision, subject: str
    ) -> None:
        """Keep what was decided about these adults at the clearance's site."""
        ...


class ClearancesUnitOfWork(Protocol):
    """One transaction, as far as clearances are concerned."""

    now: datetime
    today: date
    cases: Cases
    clearances: Clearances
    adult_decisions: AdultDecisions
    reviews: Reviews
    clearance_rules: ClearanceRuleVersions
