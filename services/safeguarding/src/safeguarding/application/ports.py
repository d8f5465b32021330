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
from safeguarding.clearances.ports import Cases, ClearanceRuleVersions, Clearances
from safeguarding.copies.ports import Copies, KnownProviders
from safeguarding.domain.concerns import Concern
from safeguarding.supervisors.ports import Supervisors


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
    cases: Cases
    clearances: Clearances
    clearance_rules: ClearanceRuleVersions
    concerns: Concerns

    async def act_also_for(self, provider_id: UUID) -> None:
        """Let this transaction change a provider's passport too: what a concern is for."""
        ...
