"""What the use cases of assurances need from outside."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from safeguarding.assurances.domain.checklists import Answer, Checklist
from safeguarding.assurances.domain.passports import Assurance, Passport
from safeguarding.copies.ports import KnownProviders


class Checklists(Protocol):
    """The versions of the national checklist."""

    def on(self, day: date, activity_band: str) -> Checklist:
        """The checklist in force on a day for a band."""
        ...

    def version(self, version: str, activity_band: str) -> Checklist:
        """A named version. Raises `NotFound`."""
        ...


class Passports(Protocol):
    """Stores passports; a passport that was read is locked until the end of the transaction."""

    async def of(self, provider_id: UUID) -> Passport:
        """The provider's passport, new and empty where it has none yet."""
        ...

    async def save(self, passport: Passport) -> None:
        """Store it, publish what happened to it, and set the deadline of each grant."""
        ...

    async def save_answers(self, assurance: Assurance, version: int, answers: Sequence[Answer]) -> None:
        """Store what the provider answered for this grant, beside its earlier answers."""
        ...


class AssurancesUnitOfWork(Protocol):
    """One transaction, as far as assurances are concerned."""

    today: date
    checklists: Checklists
    passports: Passports
    providers: KnownProviders
