"""Response bodies of control totals."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from outcomes.totals.domain import WHOLE_DAY, CountedDay, Difference
from shared.http.bodies import ResponseBody


class DifferenceBody(ResponseBody):
    """Two services' numbers that should be the same."""

    measure: str = Field(
        description="`places`, `cleared`, `attended`, `learners` or `minutes`", examples=["attended"]
    )
    institution_id: UUID | None = Field(description="None: of the whole day, whichever the institution")
    service: str = Field(description="The service that the number is its own of", examples=["bookings"])
    number: int = Field(examples=[29])
    other_service: str = Field(description="The service that has it from the other", examples=["outcomes"])
    other_number: int = Field(examples=[28])
    found_at: datetime | None = Field(
        description="When both had counted again and differed still; None while they have not"
    )

    @classmethod
    def of(cls, difference: Difference) -> "DifferenceBody":
        whole_day = difference.institution_id == WHOLE_DAY
        return cls(
            measure=difference.measure,
            institution_id=None if whole_day else difference.institution_id,
            service=difference.service,
            number=difference.number,
            other_service=difference.other_service,
            other_number=difference.other_number,
            found_at=difference.found_at,
        )


class CountingBody(ResponseBody):
    """One service's last whole counting of a day."""

    service: str = Field(examples=["bookings"])
    as_of: datetime | None = Field(description="When it began; None where it has not been heard of")


class CountedDayBody(ResponseBody):
    """A day that was counted."""

    on: date
    counted: list[CountingBody]
    found: int = Field(description="Differences found", examples=[0])
    first: DifferenceBody | None = Field(description="The first of them")

    @classmethod
    def of(cls, day: CountedDay) -> "CountedDayBody":
        return cls(
            on=day.on,
            counted=[CountingBody(service=each, as_of=as_of) for each, as_of in day.as_of.items()],
            found=day.found,
            first=DifferenceBody.of(day.first) if day.first else None,
        )
