"""Request and response bodies of checklists and assurances."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.vocabulary import ActivityBand
from shared.http.bodies import RequestBody, ResponseBody


class ChecklistItemBody(ResponseBody):
    """One question of the checklist."""

    code: str = Field(examples=["employers-liability-insurance"])
    question: str
    required: bool = Field(description="Whether it must be answered yes")
    evidence: Literal["none", "note", "document"] = Field(
        description="What a yes must carry; a document has a reference and an expiry"
    )
    exempt_by: list[str] = Field(description="Kinds of evidence accepted in place of a document")
    source: str = Field(description="Where the question comes from")
    open_point: str | None = Field(description="What is not verified about the source yet")


class ChecklistBody(ResponseBody):
    """One version of the national checklist, for one band of activity."""

    version: str = Field(examples=["2025-09-01"])
    effective_from: date
    source: str
    activity_band: ActivityBand
    valid_for_days: int = Field(description="How long complete answers hold at most")
    items: list[ChecklistItemBody]


class EvidenceBody(RequestBody):
    """What an answer rests on; the document itself stays with the provider."""

    kind: str = Field(
        pattern=r"^[a-z][a-z_]*$",
        max_length=40,
        description="`document`, or one of the item's `exempt_by`",
        examples=["document"],
    )
    reference: str = Field(
        min_length=1,
        max_length=80,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 ./_-]*$",
        description="Number of the policy or document; nothing personal",
        examples=["EL-2026-000123"],
    )
    expires_on: date | None = Field(default=None, description="Its last day; needed for a `document`")


class AnswerBody(RequestBody):
    """The answer to one item."""

    item: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80, examples=["induction"])
    answer: bool = Field(description="Yes or no to the item's question")
    note: str | None = Field(default=None, max_length=500, description="Where the item asks a note")
    evidence: EvidenceBody | None = Field(default=None, description="Where the item asks a document")


class AssuranceToGrant(RequestBody):
    """A completed checklist for one site and band of activity."""

    site_id: UUID = Field(description="A site of the caller's organisation on the register")
    activity_band: ActivityBand
    checklist_version: str = Field(max_length=20, description="The version that was answered")
    answers: list[AnswerBody] = Field(max_length=100)


class StandingBody(ResponseBody):
    """An assurance as everybody may know it: standing and dates, never answers."""

    id: UUID
    provider_id: UUID
    site_id: UUID
    activity_band: ActivityBand
    checklist_version: str
    state: Literal["granted", "suspended", "lapsed"]
    valid_from: date
    valid_until: date = Field(description="The last day on which it holds")


class EvidenceGiven(ResponseBody):
    """Evidence as it was given."""

    kind: str
    reference: str
    expires_on: date | None


class AnswerGiven(ResponseBody):
    """An answer as it was given."""

    item: str
    answer: bool
    note: str | None
    evidence: EvidenceGiven | None


class AssuranceBody(StandingBody):
    """An assurance as its provider sees it."""

    answers: list[AnswerGiven]
