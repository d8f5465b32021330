"""What `bookings` publishes: learners by pseudonym, cohorts, bookings, places taken and attendance."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.contract import Contract, contract
from shared.contracts.totals import TotalsCounted
from shared.contracts.vocabulary import (
    AttendanceEntry,
    Decision,
    LearnerOnBooking,
    ReasonCode,
    YearGroup,
)

EVENTS = "bookings.events"
LEARNERS = "bookings.learners"
PLACES = "bookings.places"
TOTALS = "bookings.totals"


@contract("learner.recorded.v1", topic=LEARNERS, key="learner_id")
class LearnerRecorded(Contract):
    """A learner's pseudonym with what reports need; a tombstone for the key erases it."""

    learner_id: UUID
    institution_id: UUID
    year_group: YearGroup
    priority_flags: list[ReasonCode] = Field(description="Why this learner comes first, as codes")
    on_roll: bool = True


@contract("learner.erased.v1", topic=EVENTS, key="learner_id")
class LearnerErased(Contract):
    """A learner is erased: whoever keeps anything under this pseudonym forgets it."""

    learner_id: UUID
    institution_id: UUID


@contract("cohort.relabelled.v1", topic=EVENTS, key="cohort_id")
class CohortRelabelled(Contract):
    """A cohort has another label; the label itself stays in `bookings`."""

    cohort_id: UUID
    institution_id: UUID


class BookingEvent(Contract):
    """What every event about a booking names."""

    booking_id: UUID
    session_id: UUID
    opportunity_id: UUID
    institution_id: UUID
    provider_id: UUID


@contract("booking.requested.v1", topic=EVENTS, key="booking_id")
class BookingRequested(BookingEvent):
    """Places are held until `held_until` while safeguarding decides; then this is said anew, or it ended."""

    learners: list[LearnerOnBooking] = Field(min_length=1)
    held_until: datetime
    decision: Decision


@contract("booking.waitlisted.v1", topic=EVENTS, key="booking_id")
class BookingWaitlisted(BookingEvent):
    """The session is full; the booking waits for places in order of its asking."""

    places: int = Field(ge=1)


@contract("booking.confirmed.v1", topic=EVENTS, key="booking_id")
class BookingConfirmed(BookingEvent):
    """The booking is cleared; these learners are expected."""

    learner_ids: list[UUID]
    first_day: date
    last_day: date


@contract("booking.changed.v1", topic=EVENTS, key="booking_id")
class BookingChanged(BookingEvent):
    """Learners left the booking and their places are free again, or an age or its conditions have changed."""

    learner_ids: list[UUID] = Field(description="Who remains")
    removed_learner_ids: list[UUID]
    learners: list[LearnerOnBooking] = Field(
        default_factory=list, description="Who remains, with their ages as they are known now"
    )
    conditions: list[ReasonCode] = Field(
        default_factory=list, description="Codes of the decision by which the booking goes ahead"
    )


@contract("booking.suspended.v1", topic=EVENTS, key="booking_id")
class BookingSuspended(BookingEvent):
    """The provider lost its assurance, or the clearance was revoked; it may not go ahead for now."""

    reason_code: ReasonCode


@contract("booking.reinstated.v1", topic=EVENTS, key="booking_id")
class BookingReinstated(BookingEvent):
    """The provider is assured again; the booking goes ahead as confirmed."""


@contract("booking.ended.v1", topic=EVENTS, key="booking_id")
class BookingEnded(BookingEvent):
    """The booking came to an end without taking place; its places are free again."""

    state: Literal["withdrawn", "refused", "expired", "cancelled"]
    reason_codes: list[ReasonCode]


@contract("attendance.recorded.v1", topic=EVENTS, key="booking_id")
class AttendanceRecorded(BookingEvent):
    """The register of one day; a later one for the same day replaces it."""

    on: date
    entries: list[AttendanceEntry]


@contract("places.changed.v1", topic=PLACES, key="session_id")
class PlacesChanged(Contract):
    """How many of a session's places are taken now; the highest sequence for a key holds."""

    session_id: UUID
    opportunity_id: UUID
    places: int = Field(ge=0)
    taken: int = Field(ge=0)


@contract("totals.counted_by_bookings.v1", topic=TOTALS, key="on")
class CountedByBookings(TotalsCounted):
    """Places, bookings, and attendance by the registers, as `bookings` has them."""
