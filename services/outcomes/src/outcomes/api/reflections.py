"""Reflections over HTTP: a learner's own words."""

from fastapi import APIRouter, Response

from outcomes.api.access import LearnersOnly, learner_of
from outcomes.api.schemas import ReflectionBody, ReflectionToSubmit
from outcomes.application import handlers
from outcomes.application.commands import SubmitReflection
from outcomes.domain.frameworks import UnknownObjective
from outcomes.domain.meaning import AlreadyReflected, SessionNotAttended, SessionNotOver
from shared.http.door import OpenDoor, answer
from shared.http.problems import documented
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["reflections"])


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
    body: ReflectionToSubmit, door: OpenDoor, caller: Caller = requires("reflections:write")
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
    return await door(caller, handlers.submit_reflection, command, render)
