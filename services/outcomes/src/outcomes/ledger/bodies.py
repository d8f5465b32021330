"""Response bodies of the ledger."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from shared.contracts.vocabulary import Criterion, KeyStage
from shared.http.bodies import ResponseBody
from shared.http.paging import Page


class TotalBody(ResponseBody):
    """A learner's total in one key stage."""

    key_stage: KeyStage
    credited_minutes: int = Field(examples=[600])
    days: float = Field(description="Credited minutes as days", examples=[2.0])
    target_minutes: int = Field(examples=[1500])
    missing_minutes: int = Field(description="Left to the target", examples=[900])
    met: bool
    flags: list[str] = Field(description="What still has to be looked at", examples=[["no-placement"]])


class EntryBody(ResponseBody):
    """One entry of the ledger, with all that decided it."""

    entry_id: UUID
    sequence: int = Field(description="Number of the entry in the learner's account")
    kind: str = Field(description="`credited`, `denied` or `reversed`", examples=["credited"])
    on: date
    session_id: UUID
    opportunity_id: UUID
    booking_id: UUID
    key_stage: KeyStage | None
    minutes: int = Field(description="Credited, taken back, or attended and denied", examples=[300])
    missing: list[Criterion] = Field(description="Criteria a denial lacks")
    reason_codes: list[str] = Field(examples=[["criteria-met"]])
    rule_pack: str
    rule_version: str
    inputs: dict[str, Any] = Field(description="What the rule was given: run again, it gives the same")
    reverses: UUID | None = Field(description="The entry a reversal takes back")
    entered_at: datetime


class LedgerBody(Page[EntryBody]):
    """A learner's account: totals, and a page of entries, newest first."""

    learner_id: UUID
    totals: list[TotalBody]


class AssessedBody(ResponseBody):
    """How one learner's day at the session stands."""

    learner_id: UUID
    on: date
    booking_id: UUID
    attended_minutes: int
    credited_minutes: int = Field(description="0 while nothing counts")
    key_stage: KeyStage | None
    missing: list[Criterion] = Field(description="Exactly what is still needed", examples=[["M7"]])
    reason_codes: list[str] = Field(examples=[["criteria-missing"]])
