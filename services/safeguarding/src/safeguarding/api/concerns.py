"""Concerns over HTTP: raised by many, read by few, every reading written down."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from safeguarding.api.dependencies import BusinessClock, OnRecord
from safeguarding.api.schemas import (
    CategoriesBody,
    CategoryBody,
    ConcernBody,
    ConcernInFull,
    ConcernToRaise,
    ConcernToResolve,
)
from safeguarding.application import rules
from safeguarding.application.commands import ListConcerns, RaiseConcern, ReadConcern, ResolveConcern
from safeguarding.application.handlers import concerns
from safeguarding.assurances.domain.passports import SiteNotKnown
from safeguarding.domain.concerns import (
    CategoryNotKnown,
    ConcernClosed,
    OwnConcern,
    ProviderNotKnown,
    SecondPersonNeeded,
)
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.kernel import new_id
from shared.security.access import own_organisation, public, requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["concerns"])
State = Annotated[
    Literal["open", "unfounded", "resolved", "upheld"] | None, Query(description="Only those in this state")
]


@routes.get(
    "/v1/concern-categories",
    operation_id="listConcernCategories",
    response_model=CategoriesBody,
    openapi_extra=public(),
)
async def list_concern_categories(clock: BusinessClock) -> CategoriesBody:
    """What a concern may be about."""
    found = rules.concern_categories(clock.today())
    return CategoriesBody(categories=[CategoryBody(code=code, label=label) for code, label in found.items()])


@routes.post(
    "/v1/concerns",
    operation_id="raiseConcern",
    status_code=201,
    response_model=ConcernBody,
    responses=documented(CategoryNotKnown, ProviderNotKnown, SiteNotKnown),
)
async def raise_concern(
    body: ConcernToRaise, request: IdempotentRequest, caller: Caller = requires("concerns:write")
) -> Response:
    """Report a concern about a provider; an immediate risk suspends its assurances at once."""
    command = RaiseConcern(
        concern_id=new_id(),
        organisation_id=own_organisation(caller),
        subject=caller.subject,
        **body.model_dump(),
    )
    made = answer(201, ConcernBody.model_validate, lambda concern: f"/v1/concerns/{concern.id}")
    return await request.execute(caller, concerns.raise_concern, command, made)


@routes.get("/v1/concerns", operation_id="listConcerns", response_model=Page[ConcernBody])
async def list_concerns(
    request: Request,
    response: Response,
    on_record: OnRecord,
    pager: Paging,
    state: State = None,
    limit: Limit = 20,
    cursor: Cursor = None,
    caller: Caller = requires("concerns:read"),
) -> Page[ConcernBody]:
    """Concerns you raised or handle, newest first, without descriptions; who looked is written down."""
    after = pager.read(request, cursor)
    before = UUID(after[0]) if after else None
    wanted = ListConcerns(caller.acts_for, own_organisation(caller), caller.subject, state, before, limit)
    found = await on_record(caller, concerns.list_concerns, wanted)
    shown, following = pager.page(request, response, found, limit, lambda concern: [concern.id])
    return Page(items=[ConcernBody.model_validate(each) for each in shown], next_cursor=following)


@routes.get("/v1/concerns/{concern_id}", operation_id="getConcern", response_model=ConcernInFull)
async def get_concern(
    concern_id: UUID, on_record: OnRecord, caller: Caller = requires("concerns:read")
) -> ConcernInFull:
    """A concern you raised or handle, in full; who read it is written down."""
    wanted = ReadConcern(concern_id, caller.acts_for, own_organisation(caller), caller.subject)
    return ConcernInFull.model_validate(await on_record(caller, concerns.read_concern, wanted))


@routes.post(
    "/v1/concerns/{concern_id}/resolution",
    operation_id="resolveConcern",
    status_code=200,
    response_model=ConcernBody,
    responses=documented(SecondPersonNeeded, OwnConcern, ConcernClosed),
)
async def resolve_concern(
    concern_id: UUID,
    body: ConcernToResolve,
    request: IdempotentRequest,
    caller: Caller = requires("concerns:write"),
) -> Response:
    """Resolve a concern; an immediate risk takes a second person, and what it held is reinstated."""
    command = ResolveConcern(
        concern_id, caller.acts_for, own_organisation(caller), caller.subject, body.outcome
    )
    return await request.execute(
        caller, concerns.resolve_concern, command, answer(200, ConcernBody.model_validate)
    )
