"""Request and response bodies of registers."""

from datetime import date, datetime
from typing import Self
from uuid import UUID

from pydantic import Field

from bookings.attendance.domain import AttendanceEntry, AttendanceRegister, RecordedRegister
from bookings.learners.bodies import MAX_LEARNERS
from shared.http.bodies import RequestBody, ResponseBody


class EntryBody(RequestBody):
    """What one learner did on the day."""

    learner_id: UUID = Field(description="A learner on the booking")
    attended: bool = Field(description="Whether the learner was there at all")
    minutes: int = Field(ge=0, le=1440, description="Minutes present; 0 for the absent", examples=[300])


class RegisterToTake(RequestBody):
    """The register of one day: every learner of the booking once."""

    on: date = Field(description="A day of the session, today or earlier", examples=["2027-03-03"])
    entries: list[EntryBody] = Field(
        min_length=1, max_length=MAX_LEARNERS, description="Every learner of the booking exactly once"
    )

    def read(self) -> AttendanceRegister:
        entries = (AttendanceEntry(each.learner_id, each.attended, each.minutes) for each in self.entries)
        return AttendanceRegister(self.on, tuple(entries))


class EntryShown(ResponseBody):
    """What one learner did on the day."""

    learner_id: UUID = Field(description="A learner on the booking")
    attended: bool = Field(description="Whether the learner was there at all")
    minutes: int = Field(description="Minutes present; 0 for the absent", examples=[300])


class RegisterBody(ResponseBody):
    """The register of one day, as a party of the booking recorded it."""

    on: date = Field(description="A day of the session", examples=["2027-03-03"])
    entries: list[EntryShown] = Field(description="Every learner of the booking once; a learner's own alone")
    version: int = Field(description="Grows with every recording; the ETag names it", examples=[3])
    recorded_by: UUID | None = Field(
        description="The party of the booking that recorded it; null of what is older than its history"
    )
    recorded_at: datetime = Field(description="When it was recorded")

    @classmethod
    def of(cls, recorded: RecordedRegister) -> Self:
        return cls(
            on=recorded.register.on,
            entries=[EntryShown.model_validate(entry) for entry in recorded.register.entries],
            version=recorded.version,
            recorded_by=recorded.recorded_by,
            recorded_at=recorded.recorded_at,
        )
