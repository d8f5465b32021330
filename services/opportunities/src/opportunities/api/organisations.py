"""Organisations over HTTP."""

from fastapi import APIRouter, Response

from opportunities.api.schemas import OrganisationBody, OrganisationToRegister
from opportunities.application import handlers
from opportunities.application.commands import RegisterOrganisation
from opportunities.domain.organisations import InstitutionTypeMissing
from shared.http.door import OpenDoor, answer
from shared.http.problems import documented
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["organisations"])


@routes.post(
    "/v1/organisations",
    operation_id="registerOrganisation",
    status_code=201,
    response_model=OrganisationBody,
    responses=documented(InstitutionTypeMissing),
)
async def register_organisation(
    body: OrganisationToRegister, door: OpenDoor, caller: Caller = requires("organisations:write")
) -> Response:
    """Put an organisation on the national register."""
    command = RegisterOrganisation(
        organisation_id=new_id(), registered_by=own_organisation(caller), **body.model_dump()
    )
    return await door(
        caller,
        handlers.register_organisation,
        command,
        answer(201, OrganisationBody.model_validate, lambda o: f"/v1/organisations/{o.id}"),
    )
