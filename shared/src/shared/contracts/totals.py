"""What every service that counts says of one day: numbers by institution, so that copies can be compared.

An event type has one owner, so each service has a type of its own; what is in it is the same for all.
"""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from shared.contracts.contract import Contract
from shared.contracts.vocabulary import Part


class DayTotal(Part):
    """Numbers of one institution on one day; a member is absent where this service does not count it."""

    institution_id: UUID | None = Field(description="None: of the whole day, whichever the institution")
    places: int | None = Field(default=None, ge=0, description="Places taken in the day's sessions")
    confirmed: int | None = Field(default=None, ge=0, description="Confirmed bookings of the day's sessions")
    cleared: int | None = Field(
        default=None, ge=0, description="Bookings of the day's sessions that safeguarding lets go ahead"
    )
    attended: int | None = Field(default=None, ge=0, description="Attendances of some minutes")
    minutes: int | None = Field(default=None, ge=0, description="Minutes of all attendances")
    learners: int | None = Field(default=None, ge=0, description="Different learners who were there")


class TotalsCounted(Contract):
    """Part of one counting of one day: all its events have the same `as_of`, and the last is `complete`."""

    on: date = Field(description="The day counted: of the sessions and of their registers")
    as_of: datetime = Field(description="When this counting began: what came later may not be in it")
    totals: list[DayTotal] = Field(description="Only those with something to count")
    complete: bool = Field(
        description="The last event of this counting: whoever none of them named has nothing"
    )
