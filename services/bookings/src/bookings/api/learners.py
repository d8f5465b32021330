"""Learners over HTTP: to their own institution alone."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from bookings.api.dependencies import FromReads, LearnerId
from bookings.application.commands import EraseLearner
from bookings.application.handlers import learners
from shared.http.bodies import ResponseBody
from shared.http.commands import IdempotentRequest, no_content
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, Paging
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["learners"])


class LearnerBody(ResponseBody):
    """A learner of the caller's institution."""

    id: UUID = Field(description="Pseudonym; it stays when the learner moves school")
    given_name: str = Field(examples=["Ada"])
    family_name: str = Field(examples=["Example"])
    year_group: int = Field(description="National curriculum year")
    priority_flags: list[str] = Field(
        description="Why this learner comes first", examples=[["free-school-meals"]]
    )
    on_roll: bool = Field(description="Whether the learner is at the institution now")


@routes.get("/v1/learners", operation_id="listLearners", response_model=Page[LearnerBody])
async def list_learners(
    request: Request,
    response: Response,
    reads: FromReads,
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
    learner_id: LearnerId, reads: FromReads, caller: Caller = requires("learners:read")
) -> LearnerBody:
    """A learner of the institution, on roll or not."""
    return LearnerBody.model_validate(await reads.learner(own_organisation(caller), learner_id))


@routes.delete("/v1/learners/{learner_id}", operation_id="eraseLearner", status_code=204)
async def erase_learner(
    learner_id: LearnerId, request: IdempotentRequest, caller: Caller = requires("bookings:write")
) -> Response:
    """Forget a learner: off every booking, and out of every service that knew the pseudonym."""
    command = EraseLearner(own_organisation(caller), learner_id)
    return await request.execute(caller, learners.erase_learner, command, no_content)
