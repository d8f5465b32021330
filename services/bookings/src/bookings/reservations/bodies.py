"""Request and response bodies of bookings."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from fastapi import Path
from pydantic import Field, model_validator

from bookings.learners.bodies import LearnerIds
from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.lifecycle import State
from bookings.reservations.queries import Reader
from shared.contracts.vocabulary import ReasonCode
from shared.http.bodies import RequestBody, ResponseBody
from shared.security.tokens import Caller

BookingId = Annotated[UUID, Path(description="The booking")]
BookingState = Literal[
    "waitlisted",
    "awaiting_clearance",
    "confirmed",
    "suspended",
    "refused",
    "expired",
    "withdrawn",
    "cancelled",
]


def reader(caller: Caller) -> Reader:
    """The caller as a reader of bookings: a learner sees their own alone, whatever the school may see."""
    return Reader(caller.acts_for, caller.learner_id)


class BookingToRequest(RequestBody):
    """Places in a session, for a cohort or for learners named one by one."""

    session_id: UUID = Field(description="The session to take places in")
    cohort_id: UUID | None = Field(default=None, description="All learners of this cohort who are on roll")
    learner_ids: LearnerIds | None = Field(default=None, description="These learners, each once")
    join_waiting_list: bool = Field(
        default=False, description="Wait in line when the session has not enough places left"
    )

    @model_validator(mode="after")
    def name_learners_one_way(self) -> Self:
        """Either a cohort or learners: both would leave open who is meant."""
        if (self.cohort_id is None) == (self.learner_ids is None):
            raise ValueError("name either cohort_id or learner_ids")
        return self


class Cancellation(RequestBody):
    """Why a confirmed booking is taken back."""

    reason_code: ReasonCode = Field(examples=["school-trip-moved"])


class Departures(RequestBody):
    """Who leaves the booking."""

    learner_ids: LearnerIds


class DecisionBody(ResponseBody):
    """Under which rules the booking was allowed."""

    rule_pack: str = Field(examples=["booking-eligibility"])
    version: str = Field(examples=["2025-09"])
    reason_codes: list[str] = Field(examples=[["institution-eligible", "year-group-offered"]])


class BookingSummary(ResponseBody):
    """A booking as a list shows it, without saying who is on it."""

    id: UUID = Field(description="The booking")
    session_id: UUID = Field(description="The session it takes places in")
    opportunity_id: UUID = Field(description="The opportunity the session is a run of")
    institution_id: UUID = Field(description="The institution that asked")
    provider_id: UUID = Field(description="The provider whose session it is")
    state: BookingState = Field(description="Where it stands; the last four are final")
    places: int = Field(description="Learners on the booking")
    first_day: date = Field(description="The session's first day")
    last_day: date = Field(description="The session's last day")
    asked_at: datetime = Field(description="When it was asked for")
    held_until: datetime | None = Field(
        description="While awaiting clearance: when the hold runs out, or goes on where nothing was decided"
    )
    reason_codes: list[str] = Field(description="Why the booking ended", examples=[["hold-ran-out"]])
    version: int = Field(description="Moves with every change")

    @classmethod
    def of(cls, booking: Booking) -> Self:
        return cls.model_validate(_summary(booking))


class BookingBody(BookingSummary):
    """A booking."""

    cohort_id: UUID | None = Field(description="The cohort it was asked for, to its institution alone")
    learner_ids: list[UUID] | None = Field(
        description="Who is on it: to its institution always, to its provider once it is confirmed"
    )
    decision: DecisionBody
    conditions: list[str] = Field(
        description="Codes of the clearance by which it goes ahead; empty while it has none",
        examples=[["assurance-in-force", "dbs-required"]],
    )

    @classmethod
    def seen_by(cls, caller: Caller, booking: Booking) -> Self:
        """The booking with what this caller may know of its learners."""
        own = booking.institution_id in caller.acts_for and caller.learner_id is None
        return cls.model_validate(
            _summary(booking)
            | {
                "cohort_id": booking.cohort_id if own else None,
                "learner_ids": _learners_shown(caller, booking),
                "decision": DecisionBody(
                    rule_pack=booking.decision.rule_pack,
                    version=booking.decision.version,
                    reason_codes=list(booking.decision.reason_codes),
                ),
                "conditions": list(booking.conditions),
            }
        )


def _summary(booking: Booking) -> dict[str, object]:
    return {
        "id": booking.id,
        "session_id": booking.session_id,
        "opportunity_id": booking.opportunity_id,
        "institution_id": booking.institution_id,
        "provider_id": booking.provider_id,
        "state": booking.state.shown,
        "places": len(booking.learners),
        "first_day": booking.first_day,
        "last_day": booking.last_day,
        "asked_at": booking.asked_at,
        "held_until": booking.held_until,
        "reason_codes": list(booking.reason_codes),
        "version": booking.version,
    }


def _learners_shown(caller: Caller, booking: Booking) -> list[UUID] | None:
    if caller.learner_id is not None:
        return [each for each in booking.learner_ids if each == caller.learner_id]
    if booking.institution_id in caller.acts_for or booking.state is State.CONFIRMED:
        return booking.learner_ids
    return None
