"""Request and response bodies of clearances."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.vocabulary import ReasonCode
from shared.http.bodies import RequestBody, ResponseBody


class DecisionBody(ResponseBody):
    """By which rules, and why."""

    rule_pack: str = Field(examples=["clearance"])
    version: str = Field(examples=["2026-09-01"])
    reason_codes: list[str] = Field(examples=[["assurance-in-force", "dbs-not-required"]])


class ClearanceBody(ResponseBody):
    """Whether one booking may go ahead."""

    id: UUID
    booking_id: UUID
    session_id: UUID
    institution_id: UUID
    provider_id: UUID
    state: Literal["granted", "refused", "referred", "revoked", "ended"]
    decision: DecisionBody
    version: int


class ClearanceToSettle(RequestBody):
    """A safeguarding lead's decision on what the rules referred."""

    granted: bool = Field(description="Whether the booking may go ahead")
    reason_code: ReasonCode = Field(
        description="Why, as a code; it is published with the decision", examples=["host-family-checked"]
    )
    serves_until: date | None = Field(
        default=None,
        description="Where it was referred for an adult: the last day of later sessions for which it stands. "
        "Not before this session's last day; without it, as long as the rules allow",
    )
