"""The national checklist over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query

from safeguarding.api.dependencies import BusinessClock
from safeguarding.api.schemas import ChecklistBody
from safeguarding.application import rules
from shared.contracts.vocabulary import ActivityBand
from shared.security.access import public

routes = APIRouter(tags=["checklists"])


@routes.get(
    "/v1/checklists/{activity_band}",
    operation_id="getChecklist",
    response_model=ChecklistBody,
    openapi_extra=public(),
)
async def get_checklist(
    activity_band: ActivityBand,
    clock: BusinessClock,
    version: Annotated[
        str | None, Query(max_length=20, description="A version; without it the one in force today")
    ] = None,
) -> ChecklistBody:
    """The one national checklist for a band of activity, with the source of every question."""
    if version is None:
        return ChecklistBody.model_validate(rules.checklist_on(clock.today(), activity_band))
    return ChecklistBody.model_validate(rules.checklist_version(version, activity_band))
