"""What can be asked about clearances."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class BookedLearner:
    """One learner of a booking, with the facts that the rules ask for.

    `under_16_days` is on how many of the session's days, the first of them, the learner is under 16.
    """

    learner_id: UUID
    under_16_days: int
    below_school_leaving_age: bool
    needs_review: bool = False

    @property
    def under_16(self) -> bool:
        """Whether the learner is under 16 on any of the session's days."""
        return self.under_16_days > 0


@dataclass(frozen=True, slots=True)
class DecideClearance:
    """Decide whether a requested booking may go ahead."""

    clearance_id: UUID
    booking_id: UUID
    session_id: UUID
    institution_id: UUID
    provider_id: UUID
    learners: tuple[BookedLearner, ...]


@dataclass(frozen=True, slots=True)
class SettleClearance:
    """A safeguarding lead's decision on what the rules referred."""

    clearance_id: UUID
    institutions: frozenset[UUID]
    granted: bool
    reason_code: str
    subject: str
    serves_until: date | None = None


@dataclass(frozen=True, slots=True)
class DecideAgain:
    """Decide a clearance again by what is known now."""

    clearance_id: UUID
    provider_id: UUID


@dataclass(frozen=True, slots=True)
class EndClearance:
    """The booking will not take place."""

    booking_id: UUID


@dataclass(frozen=True, slots=True)
class ChangeLearners:
    """Learners left the booking, or an age was corrected; an earlier release does not say who remains."""

    booking_id: UUID
    removed: frozenset[UUID]
    remaining: tuple[BookedLearner, ...]


@dataclass(frozen=True, slots=True)
class ForgetLearner:
    """A learner is erased: remove the pseudonym."""

    learner_id: UUID
    institution_id: UUID
