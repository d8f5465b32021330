"""Checklists and assurances over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from safeguarding.assurances import handlers
from safeguarding.assurances.bodies import (
    AnswerBody,
    AnswerGiven,
    AssuranceBody,
    AssuranceToGrant,
    ChecklistBody,
    StandingBody,
)
from safeguarding.assurances.commands import GrantAssurance
from safeguarding.assurances.domain.checklists import (
    Answer,
    ChecklistIncomplete,
    ChecklistItemNotKnown,
    ChecklistVersionSuperseded,
    Evidence,
)
from safeguarding.assurances.domain.passports import AssuranceSuspended, SiteNotKnown
from safeguarding.assurances.queries import AssuranceQueries, ChecklistQueries
from shared.contracts.vocabulary import ActivityBand
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import new_id
from shared.security.access import own_organisation, public, requires
from shared.security.tokens import Caller

checklist_routes = APIRouter(tags=["checklists"])
assurance_routes = APIRouter(tags=["assurances"])
FromChecklists = Annotated[ChecklistQueries, reads_for(ChecklistQueries)]
FromAssurances = Annotated[AssuranceQueries, reads_for(AssuranceQueries)]


@checklist_routes.get(
    "/v1/checklists/{activity_band}",
    operation_id="getChecklist",
    response_model=ChecklistBody,
    openapi_extra=public(),
)
async def get_checklist(
    activity_band: ActivityBand,
    checklists: FromChecklists,
    version: Annotated[
        str | None, Query(max_length=20, description="A version; without it the one in force today")
    ] = None,
) -> ChecklistBody:
    """The one national checklist for a band of activity, with the source of every question."""
    return ChecklistBody.model_validate(checklists.checklist(activity_band, version))


@assurance_routes.post(
    "/v1/assurances",
    operation_id="grantAssurance",
    status_code=201,
    response_model=StandingBody,
    responses=documented(
        ChecklistIncomplete,
        ChecklistItemNotKnown,
        ChecklistVersionSuperseded,
        SiteNotKnown,
        AssuranceSuspended,
    ),
)
async def grant_assurance(
    body: AssuranceToGrant, request: IdempotentRequest, caller: Caller = requires("assurances:write")
) -> Response:
    """Answer the checklist for a site of yours: complete answers grant or renew its assurance."""
    command = GrantAssurance(
        assurance_id=new_id(),
        provider_id=own_organisation(caller),
        site_id=body.site_id,
        activity_band=body.activity_band,
        checklist_version=body.checklist_version,
        answers=tuple(map(_answer, body.answers)),
    )
    return await request.execute(
        caller,
        handlers.grant_assurance,
        command,
        answer(201, StandingBody.model_validate, lambda a: f"/v1/assurances/{a.id}"),
    )


@assurance_routes.get("/v1/assurances", operation_id="listAssurances", response_model=Page[StandingBody])
async def list_assurances(
    request: Request,
    response: Response,
    assurances: FromAssurances,
    pager: Paging,
    provider_id: Annotated[UUID, Query(description="Whose assurances")],
    limit: Limit = 20,
    cursor: Cursor = None,
    _: Caller = requires("assurances:read"),
) -> Page[StandingBody]:
    """Standing and dates of any provider's assurances; never answers or evidence."""
    after = pager.read(request, cursor)
    found = await assurances.assurances(provider_id, UUID(after[0]) if after else None, limit)
    shown, next_cursor = pager.page(request, response, found, limit, lambda assurance: [assurance.id])
    return Page(items=[StandingBody.model_validate(each) for each in shown], next_cursor=next_cursor)


@assurance_routes.get(
    "/v1/assurances/{assurance_id}", operation_id="getAssurance", response_model=AssuranceBody
)
async def get_assurance(
    assurance_id: UUID, assurances: FromAssurances, caller: Caller = requires("assurances:read")
) -> AssuranceBody:
    """An assurance of your own, with your latest answers."""
    assurance, answers = await assurances.own_assurance(assurance_id, caller.acts_for)
    public_part = StandingBody.model_validate(assurance)
    given = [AnswerGiven.model_validate(each) for each in answers]
    return AssuranceBody(**public_part.model_dump(), answers=given)


def _answer(body: AnswerBody) -> Answer:
    given = body.evidence
    evidence = Evidence(given.kind, given.reference, given.expires_on) if given else None
    return Answer(body.item, body.answer, body.note, evidence)
