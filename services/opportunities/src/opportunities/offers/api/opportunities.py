"""What a provider does with its opportunities, over HTTP."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from opportunities.offers import handlers
from opportunities.offers.bodies import (
    OpportunityBody,
    OpportunityToDraft,
    OpportunityToRevise,
    ReasonToGive,
)
from opportunities.offers.commands import (
    DraftOpportunity,
    PublishOpportunity,
    ReviseOpportunity,
    WithdrawOpportunity,
)
from opportunities.offers.domain.offer import NotAProvider, OfferNotAllowed, SiteUnknown
from opportunities.offers.domain.opportunity import (
    FrameworkNotKnown,
    NoSessionAhead,
    NotDraft,
    ObjectiveUnknown,
    ProviderSuspended,
    SiteNotAssured,
    WithdrawnAlready,
)
from opportunities.offers.queries import OfferQueries
from shared.http.commands import ExpectedVersion, IdempotentRequest, answer, etag
from shared.http.paging import DEFAULT_LIMIT, Before, CursorInvalid, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import NotFound, StaleVersion, new_id
from shared.security.access import act_for, own_organisation, requires
from shared.security.tokens import Caller

FromOffers = Annotated[OfferQueries, reads_for(OfferQueries)]
routes = APIRouter(tags=["opportunities"])
StateAsked = Annotated[Literal["draft", "published", "suspended", "withdrawn"] | None, Query()]


@routes.post(
    "/v1/opportunities",
    operation_id="draftOpportunity",
    status_code=201,
    response_model=OpportunityBody,
    responses=documented(OfferNotAllowed, NotAProvider, SiteUnknown, NotFound),
)
async def draft_opportunity(
    body: OpportunityToDraft, request: IdempotentRequest, caller: Caller = requires("opportunities:write")
) -> Response:
    """Write a first draft; nobody else sees it until it is published."""
    provider = act_for(caller, body.provider_id) if body.provider_id else own_organisation(caller)
    command = DraftOpportunity(new_id(), provider, body.offer())
    location = answer(
        201, OpportunityBody.of, lambda o: f"/v1/organisations/{o.provider_id}/opportunities/{o.id}"
    )
    return await request.execute(caller, handlers.draft_opportunity, command, location)


@routes.put(
    "/v1/opportunities/{opportunity_id}",
    operation_id="reviseOpportunity",
    response_model=OpportunityBody,
    responses=documented(NotDraft, OfferNotAllowed, NotAProvider, SiteUnknown, StaleVersion),
)
async def revise_opportunity(
    opportunity_id: UUID,
    body: OpportunityToRevise,
    request: IdempotentRequest,
    expected: ExpectedVersion,
    caller: Caller = requires("opportunities:write"),
) -> Response:
    """Replace the whole offer of a draft; what is published does not change under those who booked."""
    command = ReviseOpportunity(opportunity_id, caller.acts_for, expected, body.offer())
    return await request.execute(
        caller, handlers.revise_opportunity, command, answer(200, OpportunityBody.of)
    )


@routes.post(
    "/v1/opportunities/{opportunity_id}/publication",
    operation_id="publishOpportunity",
    response_model=OpportunityBody,
    responses=documented(
        NotDraft, NoSessionAhead, FrameworkNotKnown, ProviderSuspended, SiteNotAssured, ObjectiveUnknown,
        OfferNotAllowed, NotAProvider, SiteUnknown,
    ),
)  # fmt: skip
async def publish_opportunity(
    opportunity_id: UUID, request: IdempotentRequest, caller: Caller = requires("opportunities:write")
) -> Response:
    """Let the opportunity be found and booked, with its sessions ahead; it is found at once."""
    command = PublishOpportunity(opportunity_id, caller.acts_for)
    return await request.execute(
        caller, handlers.publish_opportunity, command, answer(200, OpportunityBody.of)
    )


@routes.post(
    "/v1/opportunities/{opportunity_id}/withdrawal",
    operation_id="withdrawOpportunity",
    response_model=OpportunityBody,
    responses=documented(WithdrawnAlready),
)
async def withdraw_opportunity(
    opportunity_id: UUID,
    body: ReasonToGive,
    request: IdempotentRequest,
    caller: Caller = requires("opportunities:write"),
) -> Response:
    """Take the opportunity back: out of the listing, no new bookings. It cannot be undone."""
    command = WithdrawOpportunity(opportunity_id, caller.acts_for, body.reason_code)
    return await request.execute(
        caller, handlers.withdraw_opportunity, command, answer(200, OpportunityBody.of)
    )


@routes.get(
    "/v1/organisations/{organisation_id}/opportunities",
    operation_id="listOwnOpportunities",
    response_model=Page[OpportunityBody],
    responses=documented(CursorInvalid),
)
async def list_own_opportunities(
    request: Request,
    response: Response,
    organisation_id: UUID,
    offers: FromOffers,
    pager: Paging,
    after: Before,
    state: StateAsked = None,
    limit: Limit = DEFAULT_LIMIT,
    caller: Caller = requires("opportunities:write"),
) -> Page[OpportunityBody]:
    """All a provider offers, drafts among them, oldest first: for those who act for it."""
    rows = await offers.offered_by(act_for(caller, organisation_id), state, after, limit + 1)
    shown, next_cursor = pager.page(request, response, rows, limit, lambda each: [each.id])
    return Page[OpportunityBody](items=[OpportunityBody.of(each) for each in shown], next_cursor=next_cursor)


@routes.get(
    "/v1/organisations/{organisation_id}/opportunities/{opportunity_id}",
    operation_id="getOwnOpportunity",
    response_model=OpportunityBody,
)
async def get_own_opportunity(
    organisation_id: UUID,
    opportunity_id: UUID,
    response: Response,
    offers: FromOffers,
    caller: Caller = requires("opportunities:write"),
) -> OpportunityBody:
    """One of a provider's opportunities in whatever state: for those who act for it."""
    body = OpportunityBody.of(await offers.offered(act_for(caller, organisation_id), opportunity_id))
    response.headers["ETag"] = etag(body.version)
    return body
