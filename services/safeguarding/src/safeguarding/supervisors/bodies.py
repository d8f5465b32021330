"""Request and response bodies of supervisors."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.vocabulary import ReasonCode
from shared.http.bodies import RequestBody, ResponseBody


class DbsCheckBody(RequestBody):
    """That a check was seen; never what the certificate says, nor its number."""

    type: Literal["enhanced_with_barred_list", "enhanced", "standard", "basic"]
    seen_on: date = Field(description="The day somebody saw it")
    seen_by_role: Literal["human_resources", "manager", "safeguarding_lead"] = Field(
        description="The role of who saw it, never a name"
    )
    outcome: bool = Field(description="Whether it was clear for supervising children")


class NoCheckNeededBody(RequestBody):
    """That an adult needs no check, with the ground for it."""

    ground: ReasonCode = Field(
        description="One of the grounds the clearance rules accept; that the adult is supervised is none",
        examples=["not-in-charge-of-learners"],
    )
    stated_by_role: Literal["human_resources", "manager", "safeguarding_lead"] = Field(
        description="The role of who states it, never a name"
    )
    stated_on: date = Field(description="The day it was stated")


class SupervisorToRecord(RequestBody):
    """What is known of an adult who supervises."""

    dbs_check: DbsCheckBody | None = Field(description="None where no check has been seen")
    no_check_needed: NoCheckNeededBody | None = Field(
        default=None, description="Why the adult needs no check, where the provider can say so"
    )


class DbsCheckSeen(ResponseBody):
    """That a check was seen."""

    type: str
    seen_on: date
    seen_by_role: str
    outcome: bool


class NoCheckNeededStated(ResponseBody):
    """That an adult needs no check, as the provider stated it."""

    ground: str
    stated_by_role: str
    stated_on: date


class SupervisorBody(ResponseBody):
    """What is known of an adult who supervises, by pseudonym."""

    supervisor_id: UUID
    dbs_check: DbsCheckSeen | None
    no_check_needed: NoCheckNeededStated | None
