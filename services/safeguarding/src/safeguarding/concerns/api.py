"""Concerns over HTTP: raised by many, read by few, every reading logged."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from safeguarding.assurances.domain.passports import SiteNotKnown
from safeguarding.concerns import handlers
from safeguarding.concerns.bodies import (
    CategoriesBody,
    CategoryBody,
    ConcernBody,
    ConcernInFull,
    ConcernToRaise,
    ConcernToResolve,
)
from safeguarding.concerns.commands import ListConcerns, RaiseConcern, ReadConcern, ResolveConcern
from safeguarding.concerns.domain import (
    CategoryNotKnown,
    ConcernClosed,
    OwnConcern,
    ProviderNotKnown,
    SecondPersonNeeded,
)
from safeguarding.concerns.ports import ConcernsUnitOfWork
from safeguarding.concerns.queries import CategoryQueries
from shared.bus.command_bus import Done
from shared.bus.inbox import Message
from shared.http.commands import IdempotentRequest, answer
from shared.http.paging import Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import new_id
from shared.security.access import own_organisation, public, requires
from shared.security.tokens import Caller

Command = TypeVar("Command")
Result = TypeVar("Result")

routes = APIRouter(tags=["concerns"])
State = Annotated[
    Literal["open", "unfounded", "resolved", "upheld"] | None, Query(description="Only those in this state")
]


class LoggedReads:
    """Reads that are commands, since each adds to the access log; what they find is stored nowhere."""

    def __init__(self, request: Request) -> None:
        self._bus = request.app.state.runtime.bus

    async def execute(
        self,
        caller: Caller,
        handler: Callable[[Command, ConcernsUnitOfWork], Awaitable[Result]],
        command: Command,
    ) -> Result:
        """What the handler found, once it is committed that `caller` read it."""
        # A source of its own keeps these apart from requests with a key of the caller's choice.
        reading = Message(f"http:reading:{caller.subject}", str(new_id()), caller.acts_for)
        done: Any = await self._bus.execute(reading, handler, command)
        if not isinstance(done, Done):
            raise TypeError("a message with a new id cannot have been taken before")
        result: Result = done.result
        return result


async def _logged_reads(request: Request) -> LoggedReads:
    return LoggedReads(request)


FromLoggedReads = Annotated[LoggedReads, Depends(_logged_reads)]
FromCategories = Annotated[CategoryQueries, reads_for(CategoryQueries)]


@routes.get(
    "/v1/concern-categories",
    operation_id="listConcernCategories",
    response_model=CategoriesBody,
    openapi_extra=public(),
)
async def list_concern_categories(categories: FromCategories) -> CategoriesBody:
    """What a concern may be about."""
    found = categories.categories().items()
    return CategoriesBody(categories=[CategoryBody(code=code, label=label) for code, label in found])


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
    return await request.execute(caller, handlers.raise_concern, command, made)


@routes.get("/v1/concerns", operation_id="listConcerns", response_model=Page[ConcernBody])
async def list_concerns(
    request: Request,
    response: Response,
    logged_reads: FromLoggedReads,
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
    found = await logged_reads.execute(caller, handlers.list_concerns, wanted)
    shown, next_cursor = pager.page(request, response, found, limit, lambda concern: [concern.id])
    return Page(items=[ConcernBody.model_validate(each) for each in shown], next_cursor=next_cursor)


@routes.get("/v1/concerns/{concern_id}", operation_id="getConcern", response_model=ConcernInFull)
async def get_concern(
    concern_id: UUID, logged_reads: FromLoggedReads, caller: Caller = requires("concerns:read")
) -> ConcernInFull:
    """A concern you raised or handle, in full; who read it is written down."""
    wanted = ReadConcern(concern_id, caller.acts_for, own_organisation(caller), caller.subject)
    return ConcernInFull.model_validate(await logged_reads.execute(caller, handlers.read_concern, wanted))


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
        caller, handlers.resolve_concern, command, answer(200, ConcernBody.model_validate)
    )
