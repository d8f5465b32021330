"""Concerns about a provider: raised by anyone who sends or receives learners, resolved by two."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.kernel import Aggregate, Conflict, Forbidden, Invalid

OPEN, UPHELD = "open", "upheld"
_NEXT = {OPEN: ("unfounded", "resolved", UPHELD), UPHELD: ("resolved",)}


class CategoryNotKnown(Invalid):
    """The category is not in the code list in force."""

    slug = "category-not-known"
    title = "There is no such category of concern"


class ProviderNotKnown(Invalid):
    """No event has named such a provider, or it has not arrived yet."""

    slug = "provider-not-known"
    title = "There is no such provider on the register"


class SecondPersonNeeded(Forbidden):
    """Whoever raised an immediate risk does not decide alone that it is over (ASVS 5.0, 2.3.5)."""

    slug = "second-person-needed"
    title = "A second person must resolve this concern"


class OwnConcern(Forbidden):
    """A provider does not resolve a concern about itself."""

    slug = "concern-about-own-organisation"
    title = "The provider a concern is about cannot resolve it"


class ConcernClosed(Conflict):
    """The concern has been resolved, or cannot come to this outcome any more."""

    slug = "concern-closed"
    title = "The concern cannot come to this outcome any more"


@dataclass(frozen=True, slots=True)
class ConcernChanged:
    """Raised or resolved: nothing about a concern is published."""

    concern_id: UUID


@dataclass(slots=True)
class Concern(Aggregate):
    """A concern; its description stays in this one record."""

    id: UUID
    provider_id: UUID
    site_id: UUID | None
    category: str
    description: str
    immediate_risk: bool
    raised_by: UUID
    raised_by_subject: str
    handled_by: UUID
    raised_at: datetime
    state: str = OPEN
    resolved_by_subject: str | None = None
    resolved_at: datetime | None = None

    @classmethod
    def raised(
        cls,
        concern_id: UUID,
        provider_id: UUID,
        site_id: UUID | None,
        category: str,
        description: str,
        raised_by: UUID,
        raised_by_subject: str,
        handled_by: UUID,
        raised_at: datetime,
        *,
        immediate_risk: bool,
    ) -> "Concern":
        """Raise a concern."""
        concern = cls(
            concern_id, provider_id, site_id, category, description, immediate_risk,
            raised_by, raised_by_subject, handled_by, raised_at,
        )  # fmt: skip
        concern.record(ConcernChanged(concern_id))
        return concern

    def resolve(self, outcome: str, organisation_id: UUID, subject: str, at: datetime) -> None:
        """Bring the concern to an outcome.

        Raises `OwnConcern`, `SecondPersonNeeded`, `ConcernClosed`.
        """
        if organisation_id == self.provider_id:
            raise OwnConcern
        if self.immediate_risk and subject == self.raised_by_subject:
            raise SecondPersonNeeded
        if outcome not in _NEXT.get(self.state, ()):
            raise ConcernClosed
        self.state, self.resolved_by_subject, self.resolved_at = outcome, subject, at
        self.record(ConcernChanged(self.id))

    @property
    def suspends(self) -> bool:
        """Whether it keeps the provider, or the site, suspended."""
        return self.immediate_risk and self.state in _NEXT


@dataclass(frozen=True, slots=True)
class Access:
    """An entry of the access log: somebody read a concern, or saw it in a list."""

    concern_id: UUID
    organisation_id: UUID
    subject: str
    action: str
    at: datetime
