"""Cohorts over HTTP."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from bookings.api.dependencies import CohortId, FromReads
from bookings.api.schemas import LearnerIds
from bookings.application.commands import FormCohort
from bookings.application.handlers import learners
from bookings.domain.learners import LearnerUnknown
from shared.http.bodies import RequestBody, ResponseBody
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["cohorts"])


class CohortToForm(RequestBody):
    """Learners to be booked together."""

    label: str = Field(min_length=1, max_length=100, description="Names the group, nobody in it")
    learner_ids: LearnerIds


class CohortFormed(ResponseBody):
    """A cohort and who is in it."""

    id: UUID = Field(description="The cohort")
    label: str = Field(examples=["Year 10, engineering"])
    learner_ids: list[UUID] = Field(description="Whoever of it is on roll")


class CohortSummary(ResponseBody):
    """A cohort and how many are in it."""

    id: UUID = Field(description="The cohort")
    label: str = Field(examples=["Year 10, engineering"])
    learners: int = Field(description="How many of it are on roll")
    created_at: datetime = Field(description="When it was formed")


@routes.post(
    "/v1/cohorts",
    operation_id="formCohort",
    status_code=201,
    response_model=CohortFormed,
    responses=documented(LearnerUnknown),
)
async def form_cohort(
    body: CohortToForm, request: IdempotentRequest, caller: Caller = requires("bookings:write")
) -> Response:
    """Put learners of the caller's institution together under a label."""
    command = FormCohort(new_id(), own_organisation(caller), body.label, tuple(body.learner_ids))
    return await request.execute(
        caller,
        learners.form_cohort,
        command,
        answer(201, _formed, lambda cohort: f"/v1/cohorts/{cohort.cohort_id}"),
    )


@routes.get("/v1/cohorts", operation_id="listCohorts", response_model=Page[CohortSummary])
async def list_cohorts(
    request: Request,
    response: Response,
    reads: FromReads,
    pager: Paging,
    caller: Caller = requires("learners:read"),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[CohortSummary]:
    """The institution's cohorts, oldest first."""
    after = pager.read(request, cursor)
    start = UUID(after[0]) if after else None
    found = await reads.cohorts(own_organisation(caller), start, limit + 1)
    shown, following = pager.page(request, response, found, limit, lambda each: [each.id])
    return Page(items=[CohortSummary.model_validate(each) for each in shown], next_cursor=following)


@routes.get("/v1/cohorts/{cohort_id}", operation_id="getCohort", response_model=CohortFormed)
async def get_cohort(
    cohort_id: CohortId, reads: FromReads, caller: Caller = requires("learners:read")
) -> CohortFormed:
    """A cohort with its learners."""
    cohort, learner_ids = await reads.cohort(own_organisation(caller), cohort_id)
    return CohortFormed(id=cohort.id, label=cohort.label, learner_ids=list(learner_ids))


def _formed(cohort: FormCohort) -> CohortFormed:
    return CohortFormed(id=cohort.cohort_id, label=cohort.label, learner_ids=list(cohort.learner_ids))
