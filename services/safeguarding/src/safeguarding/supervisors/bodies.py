"""Request and response bodies of supervisors."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.http.bodies import RequestBody, ResponseBody


class DbsCheckBody(RequestBody):
    """That a check was seen; never what the certificate says, nor its number."""

    type: Literal["enhanced_with_barred_list", "enhanced", "standard", "basic"]
    seen_on: date = Field(description="The day somebody saw it")
    seen_by_role: Literal["human_resources", "manager", "safeguarding_lead"] = Field(
        description="The role of who saw it, never a name"
    )
    outcome: bool = Field(description="Whether it was clear for supervising children")


class SupervisorToRecord(RequestBody):
    """What is known of an adult who supervises."""

    dbs_check: DbsCheckBody | None = Field(description="None where no check has been seen")


class DbsCheckSeen(ResponseBody):
    """That a check was seen."""

    type: str
    seen_on: date
    seen_by_role: str
    outcome: bool


class SupervisorBody(ResponseBody):
    """What is known of an adult who supervises, by pseudonym."""

    supervisor_id: UUID
    dbs_check: DbsCheckSeen | None
