"""What the use cases of evidence need from outside."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from outcomes.copies.domain import BookedIn
from outcomes.copies.ports import Assessments, Copies
from outcomes.evidence.commands import GiveFeedback, SubmitReflection
from outcomes.evidence.domain import EvidenceGiven, FeedbackGiven, ReflectionSubmitted
from outcomes.frameworks.ports import Frameworks


class Evidence(Protocol):
    """Statements, feedback and reflections; saving one publishes its event."""

    async def save_statements(self, given: EvidenceGiven) -> None:
        """Save a party's statements in place of its earlier ones on the same criteria."""
        ...

    async def feedback_count(self, session_id: UUID) -> int:
        """How often feedback was given on the session."""
        ...

    async def save_feedback(
        self, command: GiveFeedback, given: FeedbackGiven, given_to: Sequence[BookedIn]
    ) -> None:
        """Save feedback, with its words beside each learner it is given to."""
        ...

    async def reflections_of(self, institution_id: UUID, learner_id: UUID) -> Sequence[UUID]:
        """The sessions the learner has reflected on."""
        ...

    async def save_reflection(self, command: SubmitReflection, submitted: ReflectionSubmitted) -> None:
        """Save a learner's reflection."""
        ...


class Presence(Protocol):
    """Who was present at a session; the registers have it."""

    async def days_present(self, session_id: UUID, learner_id: UUID) -> Sequence[date]:
        """The days on which a learner was present at a session."""
        ...

    async def present(self, session_id: UUID) -> Sequence[BookedIn]:
        """Who was present at a session on any day, by booking."""
        ...


class LearnerAccounts(Protocol):
    """The accounts that words about a learner hang on; the ledger keeps them."""

    async def open_accounts(self, bookings: Sequence[BookedIn]) -> None:
        """See that each learner of these bookings has an account."""
        ...


class CriteriaRules(Protocol):
    """How much evidence the rules ask for; the ledger has them."""

    def at_least(self, day: date) -> Mapping[str, int]:
        """By criterion, what its measure must reach under the rules of that day."""
        ...


class EvidenceUnitOfWork(Protocol):
    """What giving evidence needs of a transaction."""

    today: date
    frameworks: Frameworks
    copies: Copies
    evidence: Evidence
    presence: Presence
    learner_accounts: LearnerAccounts
    criteria: CriteriaRules
    assessments: Assessments

    async def lock(self, subject_id: UUID) -> None:
        """Let no other transaction write or read a session's evidence, or a learner's words."""
        ...
