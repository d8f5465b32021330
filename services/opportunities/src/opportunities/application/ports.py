"""What the use cases need from the outside, by its role."""

from collections.abc import Set as AbstractSet
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from opportunities.areas.domain import Areas
from opportunities.domain.assurances import Assurance
from opportunities.domain.offers import OfferRules
from opportunities.domain.opportunities import Opportunity
from opportunities.domain.organisations import Organisation


class Organisations(Protocol):
    """Keeps organisations."""

    async def find(self, organisation_id: UUID) -> Organisation | None:
        """The organisation, whoever's it is."""
        ...

    async def get(self, organisation_id: UUID, acting_for: AbstractSet[UUID]) -> Organisation:
        """The organisation, its own or registered by one of those acted for. Raises `NotFound`."""
        ...

    async def save(self, organisation: Organisation) -> None:
        """Keep it, and say what happened to it."""
        ...

    async def relist(self, organisation_id: UUID) -> None:
        """Show the organisation's present name on all it offers."""
        ...


class Opportunities(Protocol):
    """Keeps opportunities with their sessions."""

    async def get(self, opportunity_id: UUID, acting_for: AbstractSet[UUID]) -> Opportunity:
        """The opportunity of a provider acted for. Raises `NotFound`."""
        ...

    async def with_session(self, session_id: UUID, acting_for: AbstractSet[UUID]) -> Opportunity:
        """The opportunity this session is of. Raises `SessionUnknown`, `NotFound`."""
        ...

    async def listed_at(self, provider_id: UUID, site_id: UUID, activity_band: str) -> list[Opportunity]:
        """What is published or suspended at a site in a band of activity."""
        ...

    async def save(self, opportunity: Opportunity) -> None:
        """Keep it, list it, and say what happened to it."""
        ...


class Heard(Protocol):
    """Keeps what other services said; an older word never replaces a newer one."""

    async def keep_assurance(self, said: Assurance) -> None:
        """Keep the newest of an assurance."""
        ...

    async def assurance(self, assurance_id: UUID) -> Assurance | None:
        """The newest of one assurance."""
        ...

    async def assurances(self, provider_id: UUID, site_id: UUID, activity_band: str) -> list[Assurance]:
        """All of a site and band; they stay as they are until this transaction ends."""
        ...

    async def keep_places(self, session_id: UUID, taken: int, sequence: int) -> None:
        """Keep how many places of a session are taken."""
        ...

    async def keep_framework(
        self, framework: str, version: str, objective_codes: tuple[str, ...], sequence: int
    ) -> None:
        """Keep a framework's objectives as they stand."""
        ...

    async def objective_codes(self) -> frozenset[str] | None:
        """Objectives of every framework; None while no framework has arrived."""
        ...


class UnitOfWork(Protocol):
    """One transaction of the register."""

    now: datetime
    today: date
    areas: Areas
    organisations: Organisations
    opportunities: Opportunities
    heard: Heard

    @property
    def rules(self) -> OfferRules:
        """The rules of offers in force today."""
        ...

    async def wait_until(self, name: str, subject_id: UUID, tenant_id: UUID, due_at: datetime) -> None:
        """Set or move a deadline."""
        ...
