"""What can be asked of the copies."""

from dataclasses import dataclass
from uuid import UUID

from outcomes.copies.domain import BookingRef, Day


@dataclass(frozen=True, slots=True)
class CopyOpportunity:
    """Copy what counting needs of an opportunity."""

    opportunity_id: UUID
    provider_id: UUID
    kind: str
    mode: str
    sequence: int


@dataclass(frozen=True, slots=True)
class CopySession:
    """Copy when a session takes place."""

    session_id: UUID
    opportunity_id: UUID
    provider_id: UUID
    days: tuple[Day, ...]
    sequence: int


@dataclass(frozen=True, slots=True)
class CopyBooking:
    """Copy who is expected under a booking; None leaves the learners as they are."""

    booking: BookingRef
    learner_ids: tuple[UUID, ...] | None
    ended: bool
    sequence: int
