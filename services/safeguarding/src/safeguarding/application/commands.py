"""What safeguarding can be asked to do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RaiseConcern:
    """Report a concern about a provider, or about one of its sites."""

    concern_id: UUID
    provider_id: UUID
    site_id: UUID | None
    category: str
    description: str
    immediate_risk: bool
    organisation_id: UUID
    subject: str

    def __repr__(self) -> str:
        # What was told in confidence must not reach a log through a traceback.
        return f"RaiseConcern({self.concern_id})"


@dataclass(frozen=True, slots=True)
class ReadConcern:
    """Read a concern; who did is written down."""

    concern_id: UUID
    organisations: frozenset[UUID]
    organisation_id: UUID
    subject: str


@dataclass(frozen=True, slots=True)
class ListConcerns:
    """Look through concerns, newest first, from `before` on; who did is written down."""

    organisations: frozenset[UUID]
    organisation_id: UUID
    subject: str
    state: str | None
    before: UUID | None
    limit: int


@dataclass(frozen=True, slots=True)
class ResolveConcern:
    """Bring a concern to an outcome."""

    concern_id: UUID
    organisations: frozenset[UUID]
    organisation_id: UUID
    subject: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Access:
    """Somebody read a concern, or saw it in a list."""

    concern_id: UUID
    organisation_id: UUID
    subject: str
    action: str
    at: datetime
