"""What can be asked of the ledger."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from outcomes.copies.domain import BookingRef


@dataclass(frozen=True, slots=True)
class AssessBooking:
    """Evidence about a booking's session has arrived: assess its learners anew."""

    booking_id: UUID
    institution_id: UUID


@dataclass(frozen=True, slots=True)
class EndBooking:
    """A booking did not take place: nothing counts under it."""

    booking: BookingRef
    sequence: int


@dataclass(frozen=True, slots=True)
class EnrolLearner:
    """Enrol a learner as the institution's roster has it on a day."""

    learner_id: UUID
    institution_id: UUID
    year_group: int
    priority_flags: tuple[str, ...]
    on_roll: bool
    as_of: date
    sequence: int


@dataclass(frozen=True, slots=True)
class MoveUp:
    """A year group that was recorded ahead holds from today on."""

    learner_id: UUID
    institution_id: UUID


@dataclass(frozen=True, slots=True)
class CloseEnrolment:
    """A learner has moved to another institution: off this one's roll."""

    learner_id: UUID
    institution_id: UUID


@dataclass(frozen=True, slots=True)
class RecountLearner:
    """An entry was made at a former institution: add the account up anew at the present one."""

    learner_id: UUID
    institution_id: UUID


@dataclass(frozen=True, slots=True)
class ForgetLearner:
    """Forget a learner: what is left in the ledger leads to nobody."""

    learner_id: UUID
    institution_id: UUID
