"""Adults who supervise, over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from safeguarding.supervisors import handlers
from safeguarding.supervisors.bodies import (
    DbsCheckSeen,
    NoCheckNeededStated,
    SupervisorBody,
    SupervisorToRecord,
)
from safeguarding.supervisors.commands import RecordSupervisor
from safeguarding.supervisors.domain import (
    DbsCheck,
    GroundNotAccepted,
    NoCheckNeeded,
    SeenInFuture,
    StatedInFuture,
)
from shared.http.commands import IdempotentRequest, answer
from shared.http.problems import documented
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["supervisors"])


@routes.put(
    "/v1/supervisors/{supervisor_id}",
    operation_id="recordSupervisor",
    response_model=SupervisorBody,
    responses=documented(SeenInFuture, StatedInFuture, GroundNotAccepted),
)
async def record_supervisor(
    supervisor_id: UUID,
    body: SupervisorToRecord,
    request: IdempotentRequest,
    caller: Caller = requires("assurances:write"),
) -> Response:
    """Say that a DBS check of one of your supervisors was seen, that none was, or why none is needed."""
    check = DbsCheck(**body.dbs_check.model_dump()) if body.dbs_check else None
    stated = NoCheckNeeded(**body.no_check_needed.model_dump()) if body.no_check_needed else None
    command = RecordSupervisor(own_organisation(caller), supervisor_id, check, stated)
    return await request.execute(caller, handlers.record_supervisor, command, answer(200, _body))


def _body(recorded: RecordSupervisor) -> SupervisorBody:
    check = DbsCheckSeen.model_validate(recorded.check) if recorded.check else None
    stated = recorded.no_check_needed and NoCheckNeededStated.model_validate(recorded.no_check_needed)
    return SupervisorBody(supervisor_id=recorded.supervisor_id, dbs_check=check, no_check_needed=stated)
