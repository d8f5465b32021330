"""Evidence, feedback and reflections over HTTP, and the words a learner was given or wrote."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response

from outcomes.evidence import handlers
from outcomes.evidence.access import (
    LearnersOnly,
    NotForLearners,
    known,
    learner_of,
    readable_learner,
    staff_organisation,
)
from outcomes.evidence.bodies import (
    EvidenceBody,
    EvidenceToGive,
    FeedbackBody,
    FeedbackToGive,
    ReceivedBody,
    ReflectionBody,
    ReflectionToSubmit,
    WrittenBody,
)
from outcomes.evidence.commands import GiveEvidence, GiveFeedback, SubmitReflection
from outcomes.evidence.domain import (
    AlreadyReflected,
    LearnerNotInSession,
    NobodyPresent,
    SessionNotAttended,
    SessionNotOver,
)
from outcomes.evidence.queries import EvidenceQueries
from outcomes.frameworks.domain import UnknownObjective
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Before, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

Reads = Annotated[EvidenceQueries, reads_for(EvidenceQueries)]

routes = APIRouter(tags=["evidence"])
reflection_routes = APIRouter(tags=["reflections"])


@routes.post(
    "/v1/sessions/{session_id}/evidence",
    operation_id="giveEvidence",
    status_code=200,
    response_model=EvidenceBody,
    responses=documented(UnknownObjective, NotForLearners),
)
async def give_evidence(
    session_id: UUID,
    body: EvidenceToGive,
    request: IdempotentRequest,
    caller: Caller = requires("feedback:write"),
) -> Response:
    """Say how a session met M1 to M5: as its provider, or as an institution with a booking in it.

    What the same party said before about the same criterion is replaced. A criterion holds when one
    party's detail shows enough of it and no party says that it was not met.
    """
    organisation = staff_organisation(caller)
    command = GiveEvidence(session_id, organisation, caller.acts_for, body.statements())
    render = answer(200, EvidenceBody.model_validate)
    return await request.execute(caller, handlers.give_evidence, command, render)


@routes.post(
    "/v1/sessions/{session_id}/feedback",
    operation_id="giveFeedback",
    status_code=201,
    response_model=FeedbackBody,
    responses=documented(UnknownObjective, LearnerNotInSession, NobodyPresent, NotForLearners),
)
async def give_feedback(
    session_id: UUID,
    body: FeedbackToGive,
    request: IdempotentRequest,
    caller: Caller = requires("feedback:write"),
) -> Response:
    """Give feedback to learners of a session as its provider: to named ones, or to all who were present."""
    staff_organisation(caller)
    named = None if body.learner_ids is None else tuple(body.learner_ids)
    command = GiveFeedback(
        new_id(), session_id, caller.acts_for, named, body.comment, tuple(body.objective_codes)
    )
    render = answer(201, FeedbackBody.model_validate)
    return await request.execute(caller, handlers.give_feedback, command, render)


@reflection_routes.post(
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


@reflection_routes.get(
    "/v1/learners/{learner_id}/feedback",
    operation_id="listFeedback",
    response_model=Page[ReceivedBody],
)
async def list_feedback(
    learner_id: UUID,
    request: Request,
    response: Response,
    pager: Paging,
    reads: Reads,
    limit: Limit = 20,
    caller: Caller = requires("progress:read"),
    after: Before = None,
) -> Page[ReceivedBody]:
    """What providers told a learner: for the learner and the learner's institution."""
    learner, institution = readable_learner(caller, learner_id), own_organisation(caller)
    rows = known(await reads.feedback(institution, learner, after, limit + 1))
    shown, next_cursor = pager.page(request, response, rows, limit, lambda row: [row.feedback_id])
    items = [ReceivedBody.model_validate(each) for each in shown]
    return Page[ReceivedBody](items=items, next_cursor=next_cursor)


@reflection_routes.get(
    "/v1/learners/{learner_id}/reflections",
    operation_id="listReflections",
    response_model=Page[WrittenBody],
)
async def list_reflections(
    learner_id: UUID,
    request: Request,
    response: Response,
    pager: Paging,
    reads: Reads,
    limit: Limit = 20,
    caller: Caller = requires("progress:read"),
    after: Before = None,
) -> Page[WrittenBody]:
    """What a learner wrote: for the learner and the learner's institution."""
    learner, institution = readable_learner(caller, learner_id), own_organisation(caller)
    rows = known(await reads.reflections(institution, learner, after, limit + 1))
    shown, next_cursor = pager.page(request, response, rows, limit, lambda row: [row.reflection_id])
    items = [WrittenBody.model_validate(each) for each in shown]
    return Page[WrittenBody](items=items, next_cursor=next_cursor)
