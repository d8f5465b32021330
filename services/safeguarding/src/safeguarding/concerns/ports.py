"""What the use cases of concerns need from outside."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from safeguarding.assurances.ports import Passports
from safeguarding.concerns.commands import ListConcerns
from safeguarding.concerns.domain import Access, Concern
from safeguarding.copies.ports import KnownProviders


class ConcernCategories(Protocol):
    """The code list of what a concern may be about."""

    def on(self, day: date) -> Mapping[str, str]:
        """The codes in force on a day, each with its label."""
        ...


class Concerns(Protocol):
    """Stores concerns."""

    async def get(self, concern_id: UUID, organisations: Iterable[UUID]) -> Concern:
        """A concern one of these organisations raised or handles. Raises `NotFound`."""
        ...

    async def page(self, wanted: ListConcerns) -> Sequence[Concern]:
        """Those asked for, newest first, one more than the limit."""
        ...

    async def save(self, concern: Concern) -> None:
        """Store it."""
        ...


class AccessLog(Protocol):
    """Who has read which concern; entries are only ever added."""

    async def add(self, accesses: Sequence[Access]) -> None:
        """Add entries."""
        ...


class ConcernsUnitOfWork(Protocol):
    """One transaction, as far as concerns are concerned."""

    now: datetime
    today: date
    access_log: AccessLog
    categories: ConcernCategories
    concerns: Concerns
    passports: Passports
    providers: KnownProviders

    async def act_also_for(self, provider_id: UUID) -> None:
        """Let this transaction change a provider's passport, too: a concern suspends another tenant's."""
        ...
