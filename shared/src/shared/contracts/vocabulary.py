"""Words several contracts share: one word, one meaning (ARCHITECTURE.md, Words)."""

from datetime import date, time
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

OrganisationKind = Literal["provider", "delivery_provider", "institution", "trust", "hub"]
InstitutionType = Literal[
    "maintained", "academy", "free_school", "special", "alternative_provision", "independent", "college"
]
OpportunityKind = Literal["encounter", "workplace_experience", "placement"]
ActivityFormat = Literal[
    "visit", "tour", "shadowing", "workplace_talk", "employer_project", "simulation", "placement"
]
Mode = Literal["in_person", "virtual", "hybrid", "in_school"]
ActivityBand = Literal["low_risk", "less_familiar", "higher_risk"]
Tier = Literal["introduce-inspire", "investigate-explore", "apply-demonstrate"]
Criterion = Literal["M1", "M2", "M3", "M4", "M5", "M6", "M7"]
KeyStage = Literal["KS3", "KS4"]
YearGroup = Annotated[int, Field(ge=7, le=13, description="National curriculum year")]
ReasonCode = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=80)]


class Part(BaseModel):
    """A part of a contract's data."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Site(Part):
    """A place of work where an organisation receives learners."""

    site_id: UUID
    local_authority_code: str = Field(description="GSS code of the local authority district")


class SessionDay(Part):
    """One day of a session, in English local time."""

    on: date
    starts: time
    ends: time
    overnight: bool = Field(default=False, description="Learners stay between 2am and 6am")


class LearnerOnBooking(Part):
    """A learner by pseudonym, with the facts about age that rules elsewhere need, never the date."""

    learner_id: UUID
    under_16_on_every_day: bool
    of_compulsory_school_age: bool
    under_16_days: int | None = Field(
        default=None,
        ge=0,
        le=366,
        description="On how many of the session's days, the first of them, the learner is under 16; "
        "absent in events of earlier releases",
    )
    in_last_two_compulsory_years: bool | None = Field(
        default=None, description="On the session's first day; absent in events of earlier releases"
    )
    needs_review: bool = Field(
        default=False,
        description="The provider's risk assessment is to be reviewed for this learner before the start",
    )


class AttendanceEntry(Part):
    """What one learner did on one day."""

    learner_id: UUID
    attended: bool
    minutes: int = Field(ge=0, le=1440, description="Minutes present; 0 when absent")


class Decision(Part):
    """A rule's answer with what is needed to run it again."""

    rule_pack: str
    version: str
    reason_codes: list[ReasonCode]
