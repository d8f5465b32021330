"""What `outcomes` can be asked to do."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from outcomes.copies.domain import BookingRef


@dataclass(frozen=True, slots=True)
class TakeLearner:
    """Take over what the roster says of a learner, as of a day."""

    learner_id: UUID
    institution_id: UUID
    year_group: int
    priority_flags: tuple[str, ...]
    on_roll: bool
    as_of: date
    sequence: int


@dataclass(frozen=True, slots=True)
class ForgetLearner:
    """Forget a learner: what is left in the ledger leads to nobody."""

    learner_id: UUID
    institution_id: UUID


@dataclass(frozen=True, slots=True)
class SeeLearnerOff:
    """A learner has moved to another institution: off this one's roll."""

    learner_id: UUID
    institution_id: UUID


@dataclass(frozen=True, slots=True)
class RecountLearner:
    """An entry was made at a former institution: add the account up anew at the present one."""

    learner_id: UUID
    institution_id: UUID


@dataclass(frozen=True, slots=True)
class EndBooking:
    """A booking did not take place: nothing counts under it."""

    booking: BookingRef
    sequence: int


@dataclass(frozen=True, slots=True)
class AssessBooking:
    """Evidence about a booking's session has arrived: assess its learners anew."""

    booking_id: UUID
    institution_id: UUID


@dataclass(frozen=True, slots=True)
class Statement:
    """What a party says about one of M1-M5."""

    criterion: str
    met: bool
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class GiveEvidence:
    """A party says how a session met M1-M5; what it said before of the same criteria is replaced."""

    session_id: UUID
    own_organisation: UUID
    acts_for: frozenset[UUID]
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class GiveFeedback:
    """The provider gives feedback to learners of a session; without learners to all who were present."""

    feedback_id: UUID
    session_id: UUID
    acts_for: frozenset[UUID]
    learner_ids: tuple[UUID, ...] | None
    comment: str
    objective_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SubmitReflection:
    """A learner reflects on a session the learner attended."""

    reflection_id: UUID
    learner_id: UUID
    institution_id: UUID
    session_id: UUID
    text: str
    objective_codes: tuple[str, ...]
    skills: tuple[str, ...]
