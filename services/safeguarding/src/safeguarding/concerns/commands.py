"""What can be asked about concerns."""

from dataclasses import dataclass
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
        # What was written in confidence must not reach a log through a traceback.
        return f"RaiseConcern({self.concern_id})"


@dataclass(frozen=True, slots=True)
class ReadConcern:
    """Read a concern and add the reading to the access log."""

    concern_id: UUID
    organisations: frozenset[UUID]
    organisation_id: UUID
    subject: str


@dataclass(frozen=True, slots=True)
class ListConcerns:
    """List concerns, newest first, from `before` on, and add each to the access log."""

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
