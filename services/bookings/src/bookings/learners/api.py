"""Learners, cohorts and the progress of rosters over HTTP: to their own institution alone."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from bookings.learners import handlers
from bookings.learners.bodies import (
    CohortFormed,
    CohortId,
    CohortSummary,
    CohortToForm,
    CohortToRelabel,
    LearnerBody,
    LearnerId,
    RosterBody,
    RosterId,
)
from bookings.learners.commands import FormCohort, RelabelCohort
from bookings.learners.domain import LearnerUnknown
from bookings.learners.queries import LearnerQueries
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

Reads = Annotated[LearnerQueries, reads_for(LearnerQueries)]

cohorts = APIRouter(tags=["cohorts"])
routes = APIRouter(tags=["learners"])


@cohorts.post(
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
        handlers.form_cohort,
        command,
        answer(201, CohortFormed.of, lambda cohort: f"/v1/cohorts/{cohort.cohort_id}"),
    )


@cohorts.get("/v1/cohorts", operation_id="listCohorts", response_model=Page[CohortSummary])
async def list_cohorts(
    request: Request,
    response: Response,
    reads: Reads,
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


@cohorts.get("/v1/cohorts/{cohort_id}", operation_id="getCohort", response_model=CohortFormed)
async def get_cohort(
    cohort_id: CohortId, reads: Reads, caller: Caller = requires("learners:read")
) -> CohortFormed:
    """A cohort with its learners."""
    cohort, learner_ids = await reads.cohort(own_organisation(caller), cohort_id)
    return CohortFormed(id=cohort.id, label=cohort.label, learner_ids=list(learner_ids))


@cohorts.patch("/v1/cohorts/{cohort_id}", operation_id="relabelCohort", response_model=CohortFormed)
async def relabel_cohort(
    cohort_id: CohortId,
    body: CohortToRelabel,
    request: IdempotentRequest,
    caller: Caller = requires("bookings:write"),
) -> Response:
    """Give a cohort of the caller's institution another label."""
    command = RelabelCohort(cohort_id, own_organisation(caller), body.label)
    return await request.execute(caller, handlers.relabel_cohort, command, answer(200, CohortFormed.of))


@routes.get("/v1/learners", operation_id="listLearners", response_model=Page[LearnerBody])
async def list_learners(
    request: Request,
    response: Response,
    reads: Reads,
    pager: Paging,
    caller: Caller = requires("learners:read"),
    year_group: Annotated[int | None, Query(ge=7, le=13, description="This year group alone")] = None,
    priority: Annotated[
        str | None, Query(max_length=80, description="Those with this priority flag alone")
    ] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[LearnerBody]:
    """The institution's learners on roll, in the order of their ids."""
    after = pager.read(request, cursor)
    start = UUID(after[0]) if after else None
    found = await reads.learners(own_organisation(caller), year_group, priority, start, limit + 1)
    shown, following = pager.page(request, response, found, limit, lambda each: [each.id])
    return Page(items=[LearnerBody.model_validate(each) for each in shown], next_cursor=following)


@routes.get("/v1/learners/{learner_id}", operation_id="getLearner", response_model=LearnerBody)
async def get_learner(
    learner_id: LearnerId, reads: Reads, caller: Caller = requires("learners:read")
) -> LearnerBody:
    """A learner of the institution, on roll or not."""
    return LearnerBody.model_validate(await reads.learner(own_organisation(caller), learner_id))


@routes.get("/v1/applied-rosters/{roster_id}", operation_id="getRosterProgress", response_model=RosterBody)
async def get_roster(
    roster_id: RosterId, reads: Reads, caller: Caller = requires("learners:read")
) -> RosterBody:
    """How many rows of a roster have been applied, and how many could not be."""
    return RosterBody.of(await reads.roster(own_organisation(caller), roster_id))
