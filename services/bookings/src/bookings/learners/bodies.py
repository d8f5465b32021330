"""Request and response bodies of learners, cohorts and rosters."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import Path
from pydantic import AfterValidator, Field

from bookings.learners.domain import Cohort
from bookings.learners.queries import RosterProgress
from shared.http.bodies import RequestBody, ResponseBody

MAX_LEARNERS = 300

CohortId = Annotated[UUID, Path(description="The cohort")]
LearnerId = Annotated[UUID, Path(description="The learner, by pseudonym")]
RosterId = Annotated[UUID, Path(description="The roster, as `integrations` named it")]


def _distinct(learner_ids: list[UUID]) -> list[UUID]:
    if len(set(learner_ids)) != len(learner_ids):
        raise ValueError("a learner is named twice")
    return learner_ids


LearnerIds = Annotated[
    list[UUID],
    Field(
        min_length=1,
        max_length=MAX_LEARNERS,
        description="Learners by pseudonym, each once",
        json_schema_extra={"uniqueItems": True},
    ),
    AfterValidator(_distinct),
]


class LearnerBody(ResponseBody):
    """A learner of the caller's institution."""

    id: UUID = Field(description="Pseudonym; it stays when the learner moves school")
    given_name: str = Field(description="Empty for who has one name only", examples=["Ada"])
    family_name: str = Field(description="Empty for who has one name only", examples=["Example"])
    year_group: int = Field(description="National curriculum year")
    priority_flags: list[str] = Field(
        description="Why this learner comes first", examples=[["free-school-meals"]]
    )
    on_roll: bool = Field(description="Whether the learner is at the institution now")


CohortLabel = Annotated[str, Field(min_length=1, max_length=100, description="Names the group, nobody in it")]


class CohortToForm(RequestBody):
    """Learners to be booked together."""

    label: CohortLabel
    learner_ids: LearnerIds


class CohortToRelabel(RequestBody):
    """Another label for a cohort."""

    label: CohortLabel


class CohortFormed(ResponseBody):
    """A cohort and who is in it."""

    id: UUID = Field(description="The cohort")
    label: str = Field(examples=["Year 10, engineering"])
    learner_ids: list[UUID] = Field(description="Whoever of it is on roll")

    @classmethod
    def of(cls, cohort: Cohort) -> Self:
        return cls(id=cohort.cohort_id, label=cohort.label, learner_ids=list(cohort.learner_ids))


class CohortSummary(ResponseBody):
    """A cohort and how many are in it."""

    id: UUID = Field(description="The cohort")
    label: str = Field(examples=["Year 10, engineering"])
    learners: int = Field(description="How many of it are on roll")
    created_at: datetime = Field(description="When it was formed")


class FailedRow(ResponseBody):
    """A row that could not be applied."""

    row: int = Field(description="Line in the partner's file")
    reason_code: str = Field(examples=["row-malformed"])


class RosterBody(ResponseBody):
    """How a roster's rows have fared so far."""

    roster_id: UUID = Field(description="The roster, as `integrations` named it")
    applied: int = Field(description="Rows applied so far")
    failed: int = Field(description="Rows that could not be read, or are to delete whom nobody knows")
    failures: list[FailedRow] = Field(description="The first hundred rows that failed")

    @classmethod
    def of(cls, roster: RosterProgress) -> Self:
        failures = [FailedRow(row=row, reason_code=code) for row, code in roster.failures]
        return cls(
            roster_id=roster.roster_id, applied=roster.applied, failed=roster.failed, failures=failures
        )
