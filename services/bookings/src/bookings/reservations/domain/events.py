"""What happens to bookings: values that say how a booking stood right after."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from bookings.reservations.domain.eligibility import BookedLearner, Decision
from bookings.reservations.domain.lifecycle import State


@dataclass(frozen=True, slots=True)
class BookingEvent:
    """What every event of a booking names."""

    booking_id: UUID
    session_id: UUID
    opportunity_id: UUID
    institution_id: UUID
    provider_id: UUID


@dataclass(frozen=True, slots=True)
class BookingRequested(BookingEvent):
    """Places are held while safeguarding decides."""

    learners: tuple[BookedLearner, ...]
    held_until: datetime
    decision: Decision


@dataclass(frozen=True, slots=True)
class BookingWaitlisted(BookingEvent):
    """The booking is on the waiting list."""

    places: int


@dataclass(frozen=True, slots=True)
class ClearanceReceived(BookingEvent):
    """Safeguarding decided, and the booking stays as it stands: waiting for a person or for the provider."""


@dataclass(frozen=True, slots=True)
class BookingConfirmed(BookingEvent):
    """The booking goes ahead."""

    learner_ids: tuple[UUID, ...]
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class BookingChanged(BookingEvent):
    """Some learners left, an age was corrected, or other conditions hold; this is how it stands now."""

    learners: tuple[BookedLearner, ...]
    removed_learner_ids: tuple[UUID, ...]
    conditions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BookingSuspended(BookingEvent):
    """The provider's site is not trusted at the moment, or the clearance was revoked."""

    reason_code: str


@dataclass(frozen=True, slots=True)
class BookingReinstated(BookingEvent):
    """The provider's site is trusted again; the booking goes ahead as confirmed."""


@dataclass(frozen=True, slots=True)
class BookingEnded(BookingEvent):
    """The booking ended without taking place."""

    state: State
    reason_codes: tuple[str, ...]
