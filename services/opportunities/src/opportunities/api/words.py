"""Words the bodies and parameters of this service share."""

from typing import Annotated

from pydantic import Field

# A line has no control characters; what is in a query never passes the bodies' own check for NUL.
Line = Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f]+$")]
Prose = Annotated[str, Field(min_length=1)]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]
ObjectiveCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$", max_length=40)]
PostcodeText = Annotated[
    str, Field(min_length=5, max_length=10, pattern=r"^[A-Za-z0-9 ]+$", examples=["L3 1HU"])
]
