"""Evidence and feedback over HTTP: what shows that a session was meaningful."""

from uuid import UUID

from fastapi import APIRouter, Response

from outcomes.api.access import NotForLearners, staff_organisation
from outcomes.api.schemas import EvidenceBody, EvidenceToGive, FeedbackBody, FeedbackToGive
from outcomes.application import handlers
from outcomes.application.commands import GiveEvidence, GiveFeedback
from outcomes.domain.meaning import LearnerNotInSession, NobodyPresent
from outcomes.frameworks.domain import UnknownObjective
from shared.http.commands import IdempotentRequest, answer
from shared.http.problems import documented
from shared.kernel import new_id
from shared.security.access import requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["evidence"])


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
    return await request.execute(
        caller, handlers.give_feedback, command, answer(201, FeedbackBody.model_validate)
    )
