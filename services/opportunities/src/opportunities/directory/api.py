"""Organisations over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from opportunities.areas.domain import PostcodeUnknown
from opportunities.areas.queries import AreaQueries
from opportunities.directory import handlers
from opportunities.directory.bodies import (
    OrganisationBody,
    OrganisationToRegister,
    OrganisationToRevise,
    SiteToAdd,
)
from opportunities.directory.commands import AddSite, RegisterOrganisation, ReviseOrganisation
from opportunities.directory.domain import (
    AreaDisagrees,
    AreaHasHub,
    AreaNotOnRegister,
    InstitutionTypeMisplaced,
    InstitutionTypeMissing,
    OutsideEngland,
    ReferenceTaken,
    Site,
    SiteRepeated,
    TooManySites,
)
from opportunities.directory.queries import DirectoryQueries
from shared.contracts.vocabulary import OrganisationKind
from shared.http.commands import ExpectedVersion, IdempotentRequest, answer, etag
from shared.http.paging import DEFAULT_LIMIT, Cursor, CursorInvalid, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import StaleVersion, new_id
from shared.security.access import own_organisation, public, requires
from shared.security.tokens import Caller

FromAreas = Annotated[AreaQueries, reads_for(AreaQueries)]
FromDirectory = Annotated[DirectoryQueries, reads_for(DirectoryQueries)]
routes = APIRouter(tags=["organisations"])


@routes.post(
    "/v1/organisations",
    operation_id="registerOrganisation",
    status_code=201,
    response_model=OrganisationBody,
    responses=documented(
        AreaHasHub,
        AreaNotOnRegister,
        AreaDisagrees,
        InstitutionTypeMissing,
        InstitutionTypeMisplaced,
        PostcodeUnknown,
        OutsideEngland,
        ReferenceTaken,
    ),
)
async def register_organisation(
    body: OrganisationToRegister,
    request: IdempotentRequest,
    areas: FromAreas,
    caller: Caller = requires("organisations:write"),
) -> Response:
    """Put an organisation on the national register, with its first site where it has one."""
    site = await _site(body.site, areas, "body.site.postcode") if body.site else None
    members = body.model_dump(exclude={"site"})
    command = RegisterOrganisation(new_id(), registered_by=own_organisation(caller), site=site, **members)
    location = answer(201, OrganisationBody.of, lambda o: f"/v1/organisations/{o.id}")
    return await request.execute(caller, handlers.register_organisation, command, location)


@routes.post(
    "/v1/organisations/{organisation_id}/sites",
    operation_id="addSite",
    status_code=201,
    response_model=OrganisationBody,
    responses=documented(SiteRepeated, TooManySites, PostcodeUnknown, OutsideEngland),
)
async def add_site(
    organisation_id: UUID,
    body: SiteToAdd,
    request: IdempotentRequest,
    areas: FromAreas,
    caller: Caller = requires("organisations:write"),
) -> Response:
    """Add a place of work: for the organisation itself, or for the one that registered it."""
    site = await _site(body, areas, "body.postcode")
    command = AddSite(organisation_id, caller.acts_for, site)
    location = answer(201, OrganisationBody.of, lambda o: f"/v1/organisations/{o.id}")
    return await request.execute(caller, handlers.add_site, command, location)


@routes.put(
    "/v1/organisations/{organisation_id}",
    operation_id="reviseOrganisation",
    response_model=OrganisationBody,
    responses=documented(InstitutionTypeMissing, InstitutionTypeMisplaced, ReferenceTaken, StaleVersion),
)
async def revise_organisation(
    organisation_id: UUID,
    body: OrganisationToRevise,
    request: IdempotentRequest,
    expected: ExpectedVersion,
    caller: Caller = requires("organisations:write"),
) -> Response:
    """Replace what may change: for the organisation itself, or for the one that registered it."""
    command = ReviseOrganisation(
        organisation_id,
        caller.acts_for,
        expected,
        body.name,
        body.institution_type,
        body.reference,
        is_open=body.open,
    )
    return await request.execute(
        caller, handlers.revise_organisation, command, answer(200, OrganisationBody.of)
    )


@routes.get(
    "/v1/organisations",
    operation_id="listOrganisations",
    response_model=Page[OrganisationBody],
    responses=documented(CursorInvalid),
    openapi_extra=public(),
)
async def list_organisations(
    request: Request,
    response: Response,
    directory: FromDirectory,
    pager: Paging,
    kind: OrganisationKind | None = None,
    area_code: Annotated[str | None, Query(max_length=80, pattern="^[a-z0-9-]+$")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[OrganisationBody]:
    """The organisations on the register, by name; of one kind and in one area where asked."""
    after = pager.read(request, cursor)
    last = (after[0], UUID(after[1])) if after else None
    rows = await directory.organisations(kind, area_code, last, limit + 1)
    shown, next_cursor = pager.page(request, response, rows, limit, lambda each: [each.name, each.id])
    return Page[OrganisationBody](
        items=[OrganisationBody.of(each) for each in shown], next_cursor=next_cursor
    )


@routes.get(
    "/v1/organisations/{organisation_id}",
    operation_id="getOrganisation",
    response_model=OrganisationBody,
    openapi_extra=public(),
)
async def get_organisation(
    organisation_id: UUID, response: Response, directory: FromDirectory
) -> OrganisationBody:
    """One organisation with its sites."""
    body = OrganisationBody.of(await directory.organisation(organisation_id))
    response.headers["ETag"] = etag(body.version)
    return body


async def _site(body: SiteToAdd, areas: AreaQueries, field: str) -> Site:
    # Found before the request opens: the first look at a letter of the directory takes its time,
    # and no transaction waits for it.
    return Site(new_id(), body.name, await areas.place(body.postcode, field))
