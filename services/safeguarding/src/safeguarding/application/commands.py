"""What safeguarding can be asked to do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class LearnerAsked:
    """One learner of a booking, with the facts about age that rules ask."""

    learner_id: UUID
    under_16: bool
    below_school_leaving_age: bool


@dataclass(frozen=True, slots=True)
class DecideClearance:
    """Decide whether a requested booking may go ahead."""

    clearance_id: UUID
    booking_id: UUID
    session_id: UUID
    institution_id: UUID
    provider_id: UUID
    learners: tuple[LearnerAsked, ...]


@dataclass(frozen=True, slots=True)
class SettleClearance:
    """A safeguarding lead's decision on what the rules referred."""

    clearance_id: UUID
    institutions: frozenset[UUID]
    granted: bool
    reason_code: str
    subject: str


@dataclass(frozen=True, slots=True)
class EndClearance:
    """The booking will not take place."""

    booking_id: UUID


@dataclass(frozen=True, slots=True)
class RemoveLearners:
    """Learners left the booking."""

    booking_id: UUID
    learner_ids: frozenset[UUID]


@dataclass(frozen=True, slots=True)
class ForgetLearner:
    """A learner is erased: forget the pseudonym."""

    learner_id: UUID
    institution_id: UUID


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
