"""Assurances over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from safeguarding.api.dependencies import FromRecords
from safeguarding.api.schemas import AnswerBody, AnswerGiven, AssuranceBody, AssuranceToGrant, StandingBody
from safeguarding.application.commands import GrantAssurance
from safeguarding.application.handlers import assurances
from safeguarding.domain.checklists import (
    Answer,
    ChecklistIncomplete,
    ChecklistItemNotKnown,
    ChecklistVersionSuperseded,
    Evidence,
)
from safeguarding.domain.passports import AssuranceSuspended, SiteNotKnown
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["assurances"])


@routes.post(
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
        assurances.grant_assurance,
        command,
        answer(201, StandingBody.model_validate, lambda a: f"/v1/assurances/{a.id}"),
    )


@routes.get("/v1/assurances", operation_id="listAssurances", response_model=Page[StandingBody])
async def list_assurances(
    request: Request,
    response: Response,
    records: FromRecords,
    pager: Paging,
    provider_id: Annotated[UUID, Query(description="Whose assurances")],
    limit: Limit = 20,
    cursor: Cursor = None,
    _: Caller = requires("assurances:read"),
) -> Page[StandingBody]:
    """Standing and dates of any provider's assurances; never answers or evidence."""
    after = pager.read(request, cursor)
    found = await records.assurances(provider_id, UUID(after[0]) if after else None, limit)
    shown, following = pager.page(request, response, found, limit, lambda assurance: [assurance.id])
    return Page(items=[StandingBody.model_validate(each) for each in shown], next_cursor=following)


@routes.get("/v1/assurances/{assurance_id}", operation_id="getAssurance", response_model=AssuranceBody)
async def get_assurance(
    assurance_id: UUID, records: FromRecords, caller: Caller = requires("assurances:read")
) -> AssuranceBody:
    """An assurance of your own, with your latest answers."""
    assurance, answers = await records.own_assurance(assurance_id, caller.acts_for)
    standing = StandingBody.model_validate(assurance)
    given = [AnswerGiven.model_validate(each) for each in answers]
    return AssuranceBody(**standing.model_dump(), answers=given)


def _answer(body: AnswerBody) -> Answer:
    given = body.evidence
    evidence = Evidence(given.kind, given.reference, given.expires_on) if given else None
    return Answer(body.item, body.answer, body.note, evidence)
