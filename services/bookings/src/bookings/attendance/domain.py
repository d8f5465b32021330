"""Attendance: the registers of a confirmed booking, one a day."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from bookings.reservations.domain.booking import BookingStateForbids
from bookings.reservations.domain.events import BookingEvent
from bookings.reservations.domain.lifecycle import State
from shared.kernel import Aggregate, Conflict, Invalid, StaleVersion


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


class OtherPartysRegister(Conflict):
    """The institution and the provider may both take a register; neither replaces the other's unseen."""

    slug = "other-partys-register"
    title = "The other party has recorded this day; send the version you have read as If-Match"


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

    def says_the_same_as(self, other: "AttendanceRegister") -> bool:
        """Whether both tell the same of the day, in whatever order."""
        return self.on == other.on and set(self.entries) == set(other.entries)


@dataclass(frozen=True, slots=True)
class RecordedRegister:
    """A register as it stands: who recorded it, and its version, which is that of its event.

    Nobody is known to have recorded what was kept before authors were; its version is 0.
    """

    register: AttendanceRegister
    version: int
    recorded_by: UUID | None
    recorded_at: datetime


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

    def party_among(self, acting_for: Collection[UUID]) -> UUID:
        """The side of the booking for which somebody acts who may act for these organisations."""
        return self.institution_id if self.institution_id in acting_for else self.provider_id

    def record_attendance(
        self,
        register: AttendanceRegister,
        day_minutes: int | None,
        today: date,
        *,
        author: UUID,
        before: RecordedRegister | None,
        expected_version: int | None,
    ) -> bool:
        """Take the register of one day in place of the one `before`; whether that changes anything.

        A party replaces what it recorded itself, and the other's only at the version it has read. Raises
        `StaleVersion`, `OtherPartysRegister`, `BookingStateForbids` and the register's own refusals.
        """
        if not self.state.has_registers:
            raise BookingStateForbids("Only a confirmed booking has a register", state=self.state.shown)
        register.must_hold(self.learner_ids, day_minutes, today)
        if expected_version is not None and expected_version != (before.version if before else None):
            raise StaleVersion(field="header.If-Match")
        if before is not None and register.says_the_same_as(before.register):
            if before.recorded_by == author:
                return False
        elif before is not None and expected_version is None and before.recorded_by not in (author, None):
            raise OtherPartysRegister(field="header.If-Match")
        self.take_as_told(register)
        return True

    def take_as_told(self, register: AttendanceRegister) -> None:
        """A register that was taken: others heard so, where a restore has forgotten it."""
        ids = self.id, self.session_id, self.opportunity_id, self.institution_id, self.provider_id
        self.record(AttendanceRecorded(*ids, register))
