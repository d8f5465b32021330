"""How rosters fared over HTTP."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from bookings.api.dependencies import FromReads, RosterId
from bookings.application.queries import RosterProgress
from shared.http.bodies import ResponseBody
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["learners"])


class FailedRow(ResponseBody):
    """A row that could not be applied."""

    row: int = Field(description="Line in the partner's file")
    reason_code: str = Field(examples=["row-malformed"])


class RosterBody(ResponseBody):
    """How a roster's rows have fared so far."""

    roster_id: UUID = Field(description="The roster, as `integrations` named it")
    applied: int = Field(description="Rows applied so far")
    failed: int = Field(description="Rows that could not be read")
    failures: list[FailedRow] = Field(description="The first hundred rows that failed")

    @classmethod
    def of(cls, roster: RosterProgress) -> Self:
        failures = [FailedRow(row=row, reason_code=code) for row, code in roster.failures]
        return cls(
            roster_id=roster.roster_id, applied=roster.applied, failed=roster.failed, failures=failures
        )


@routes.get("/v1/applied-rosters/{roster_id}", operation_id="getRosterProgress", response_model=RosterBody)
async def get_roster(
    roster_id: RosterId, reads: FromReads, caller: Caller = requires("learners:read")
) -> RosterBody:
    """How many rows of a roster have been applied, and how many could not be."""
    return RosterBody.of(await reads.roster(own_organisation(caller), roster_id))
