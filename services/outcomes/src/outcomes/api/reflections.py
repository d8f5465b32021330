"""A learner's own words over HTTP, and the words a learner was given."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import Field

from outcomes.api.access import Answers, LearnersOnly, Running, known, learner_of, readable_learner
from outcomes.api.schemas import ReflectionBody, ReflectionToSubmit
from outcomes.application import handlers
from outcomes.application.commands import SubmitReflection
from outcomes.domain.meaning import AlreadyReflected, SessionNotAttended, SessionNotOver
from outcomes.frameworks.domain import UnknownObjective
from shared.http.bodies import ResponseBody
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Cursor, Limit, Page
from shared.http.problems import documented
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["reflections"])


class ReceivedBody(ResponseBody):
    """Feedback as the learner was given it."""

    feedback_id: UUID
    session_id: UUID
    provider_id: UUID
    comment: str
    objective_codes: list[str] = Field(examples=[["IE-1.3"]])
    given_at: datetime


class WrittenBody(ResponseBody):
    """A reflection as the learner wrote it."""

    reflection_id: UUID
    session_id: UUID
    text: str
    objective_codes: list[str] = Field(examples=[["IE-1.3"]])
    skills: list[str] = Field(examples=[["problem-solving"]])
    submitted_on: date


@routes.post(
    "/v1/reflections",
    operation_id="submitReflection",
    status_code=201,
    response_model=ReflectionBody,
    responses=documented(
        UnknownObjective, SessionNotAttended, SessionNotOver, AlreadyReflected, LearnersOnly
    ),
)
async def submit_reflection(
    body: ReflectionToSubmit, request: IdempotentRequest, caller: Caller = requires("reflections:write")
) -> Response:
    """Reflect, as the learner, on a session the learner attended: on its last day or later, once."""
    command = SubmitReflection(
        new_id(),
        learner_of(caller),
        own_organisation(caller),
        body.session_id,
        body.text,
        tuple(body.objective_codes),
        tuple(body.skills),
    )
    render = answer(201, ReflectionBody.model_validate)
    return await request.execute(caller, handlers.submit_reflection, command, render)


@routes.get(
    "/v1/learners/{learner_id}/feedback",
    operation_id="listFeedback",
    response_model=Page[ReceivedBody],
)
async def list_feedback(
    learner_id: UUID,
    request: Request,
    response: Response,
    running: Running,
    reads: Answers,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("progress:read"),
) -> Page[ReceivedBody]:
    """What providers told a learner: for the learner and the learner's institution."""
    learner, institution = readable_learner(caller, learner_id), own_organisation(caller)
    last = running.pager.read(request, cursor)
    rows = known(await reads.feedback(institution, learner, UUID(last[0]) if last else None, limit + 1))
    shown, following = running.pager.page(request, response, rows, limit, lambda row: [row.feedback_id])
    items = [ReceivedBody.model_validate(each) for each in shown]
    return Page[ReceivedBody](items=items, next_cursor=following)


@routes.get(
    "/v1/learners/{learner_id}/reflections",
    operation_id="listReflections",
    response_model=Page[WrittenBody],
)
async def list_reflections(
    learner_id: UUID,
    request: Request,
    response: Response,
    running: Running,
    reads: Answers,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("progress:read"),
) -> Page[WrittenBody]:
    """What a learner wrote: for the learner and the learner's institution."""
    learner, institution = readable_learner(caller, learner_id), own_organisation(caller)
    last = running.pager.read(request, cursor)
    rows = known(await reads.reflections(institution, learner, UUID(last[0]) if last else None, limit + 1))
    shown, following = running.pager.page(request, response, rows, limit, lambda row: [row.reflection_id])
    items = [WrittenBody.model_validate(each) for each in shown]
    return Page[WrittenBody](items=items, next_cursor=following)
