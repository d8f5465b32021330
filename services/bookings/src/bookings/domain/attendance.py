"""Attendance: the register of one day of a booking."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.kernel import Invalid


class NotASessionDay(Invalid):
    """The session does not take place on this day."""

    slug = "not-a-session-day"
    title = "The session does not take place on this day"


class AttendanceTooEarly(Invalid):
    """A register tells what was, not what will be."""

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
class Entry:
    """What one learner did on the day; minutes are 0 for the absent."""

    learner_id: UUID
    attended: bool
    minutes: int


@dataclass(frozen=True, slots=True)
class Register:
    """One day of a booking, learner by learner."""

    on: date
    entries: tuple[Entry, ...]

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
