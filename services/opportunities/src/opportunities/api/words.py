"""Words the bodies and parameters of this service share."""

import re
from datetime import date, time
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

Prose = Annotated[str, Field(min_length=1)]
ObjectiveCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=40)]


def _written(day: object) -> object:
    # From a query pydantic takes seconds since 1970 for a date, too.
    if isinstance(day, str) and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", day):
        raise PydanticCustomError("date_parsing", "is not a date")
    return day


DayAsked = Annotated[date, BeforeValidator(_written)]


def _local(at: time) -> time:
    if at.tzinfo or at.microsecond:
        raise PydanticCustomError("local_time", "is not a time of day in England, as 09:30 or 09:30:00")
    return at


# JSON Schema's own `time` has an offset; a session's is what the clock on the wall says.
LocalTime = Annotated[
    time,
    AfterValidator(_local),
    WithJsonSchema(
        {"type": "string", "maxLength": 8, "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?$"}
    ),
]
