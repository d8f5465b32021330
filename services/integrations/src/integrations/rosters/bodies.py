"""What is answered about rosters."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from integrations.rosters.domain.roster import Roster
from shared.http.bodies import ResponseBody


class FaultBody(ResponseBody):
    """What is wrong with a row; it never repeats what was in it."""

    row: int = Field(description="Line of the file", examples=[17])
    file: str = Field(examples=["users.csv"])
    column: str = Field(examples=["grades"])
    code: str = Field(examples=["year-group-out-of-range"])


class OutOfScopeBody(ResponseBody):
    """Rows of nobody this platform is for, all in one line."""

    code: str = Field(examples=["year-group-before-7"])
    rows: int = Field(examples=[412])


class RosterBody(ResponseBody):
    """A roster that was received."""

    id: UUID
    kind: Literal["bulk", "delta"] = Field(description="All learners, or those that changed")
    rows: int = Field(description="Learners in the file; staff are not counted")
    accepted: int = Field(description="Learners that were taken and go on to the booking service")
    rejected_rows: int = Field(description="Learners that were left out; the others were taken all the same")
    rejected: list[FaultBody] = Field(description="Why they were left out: the first hundred faults")
    warnings: list[FaultBody] = Field(description="What was taken otherwise than written: the first hundred")
    out_of_scope: list[OutOfScopeBody] = Field(
        description="Every other row of users.csv: staff, primary classes, roles that have not begun"
    )
    received_at: datetime

    @classmethod
    def of(cls, roster: Roster) -> "RosterBody":
        return cls(
            id=roster.id,
            kind=roster.kind,
            rows=roster.rows,
            accepted=roster.accepted,
            rejected_rows=roster.rows - roster.accepted,
            rejected=[FaultBody.model_validate(fault) for fault in roster.rejected],
            warnings=[FaultBody.model_validate(warning) for warning in roster.warnings],
            out_of_scope=[OutOfScopeBody.model_validate(each) for each in roster.out_of_scope],
            received_at=roster.received_at,
        )
