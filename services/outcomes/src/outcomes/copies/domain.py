"""Other services' facts, as far as counting needs them."""

from dataclasses import dataclass
from datetime import date, time
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a session, in English local time."""

    on: date
    starts: time
    ends: time


@dataclass(frozen=True, slots=True)
class BookingRef:
    """Whose booking it is, and of what."""

    booking_id: UUID
    session_id: UUID
    opportunity_id: UUID
    institution_id: UUID
    provider_id: UUID


@dataclass(frozen=True, slots=True)
class BookedIn:
    """A booking of a session, and its learners."""

    booking_id: UUID
    institution_id: UUID
    learner_ids: tuple[UUID, ...]
