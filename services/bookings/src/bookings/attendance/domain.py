"""Attendance: the registers of a confirmed booking, one a day."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from bookings.reservations.domain.booking import BookingStateForbids
from bookings.reservations.domain.events import BookingEvent
from bookings.reservations.domain.lifecycle import State
from shared.kernel import Aggregate, Invalid


class NotASessionDay(Invalid):
    """The session does not take place on this day."""

    slug = "not-a-session-day"
    title = "The session does not take place on this day"


class AttendanceTooEarly(Invalid):
    """A register says what was, not what will be."""

    slug = "attendance-too-early"
    title = "A day that has not come has no register yet"


class AttendanceIncomplete(Invalid):
    """A register names every learner of the booking once, and nobody else."""

    slug = "attendance-incomplete"
    title = "A register names every learner of the booking exactly once"


class MinutesBeyondDay(Invalid):
    """Nobody attends longer than the day lasts, nor at all when absent."""

    slug = "minutes-beyond-day"
    title = "The minutes do not fit the day"


@dataclass(frozen=True, slots=True)
class AttendanceEntry:
    """What one learner did on the day; minutes are 0 for the absent."""

    learner_id: UUID
    attended: bool
    minutes: int


@dataclass(frozen=True, slots=True)
class AttendanceRegister:
    """One day of a booking, learner by learner."""

    on: date
    entries: tuple[AttendanceEntry, ...]

    def must_hold(self, learners: Iterable[UUID], day_minutes: int | None, today: date) -> None:
        """Raises the refusal that fits unless the register is whole and possible.

        `day_minutes` is the session's length on the day, None where it does not take place.
        """
        if day_minutes is None:
            raise NotASessionDay(field="body.on")
        if self.on > today:
            raise AttendanceTooEarly(field="body.on")
        if Counter(entry.learner_id for entry in self.entries) != Counter(learners):
            raise AttendanceIncomplete(field="body.entries")
        for position, entry in enumerate(self.entries):
            if entry.minutes > (day_minutes if entry.attended else 0):
                raise MinutesBeyondDay(field=f"body.entries.{position}.minutes", day_minutes=day_minutes)


@dataclass(frozen=True, slots=True)
class AttendanceRecorded(BookingEvent):
    """The register of one day was taken, or taken again."""

    register: AttendanceRegister


@dataclass(slots=True)
class AttendedBooking(Aggregate):
    """What registers need of a booking.

    A register moves the version of the booking itself: all events of a booking share one sequence.
    """

    id: UUID
    session_id: UUID
    opportunity_id: UUID
    institution_id: UUID
    provider_id: UUID
    state: State
    learner_ids: tuple[UUID, ...]

    def record_attendance(self, register: AttendanceRegister, day_minutes: int | None, today: date) -> None:
        """Take the register of one day. Raises `BookingStateForbids` and the register's own refusals."""
        if self.state is not State.CONFIRMED:
            raise BookingStateForbids("Only a confirmed booking has a register", state=self.state.shown)
        register.must_hold(self.learner_ids, day_minutes, today)
        ids = self.id, self.session_id, self.opportunity_id, self.institution_id, self.provider_id
        self.record(AttendanceRecorded(*ids, register))
