"""Parked messages over HTTP: looked at, tried again, discarded; every act kept under the caller's name."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from shared.bus.command_bus import CommandBus
from shared.bus.transaction import Transaction
from shared.contracts.contract import source_of
from shared.http.commands import CommandRequest, IdempotencyKey, answer
from shared.http.paging import Cursor, CursorInvalid, Limit, Page, Paging
from shared.http.problems import documented
from shared.messaging.parked_acts import (
    DiscardParked,
    HadItsEffect,
    NotParked,
    ParkedActs,
    RetryParked,
    discard,
    retry,
)
from shared.operations.bodies import MessageToDiscard, ParkedInFull, ParkedMessage
from shared.security.access import operator, requires
from shared.security.tokens import Caller

ParkedId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The message's number in the list")]
State = Annotated[
    Literal["waiting", "unknown", "failed"] | None, Query(description="Only those in this state")
]
Key = Annotated[
    str | None,
    Query(pattern="^[0-9a-fA-F-]{1,64}$", max_length=64, description="Only those of this aggregate"),
]
Reader = Annotated[Caller, requires("operations:read")]
Writer = Annotated[Caller, requires("operations:write")]


async def _acts(request: Request) -> ParkedActs:
    return ParkedActs(request.app.state.runtime.database)


FromParked = Annotated[ParkedActs, Depends(_acts)]


def parked_routes(service: str) -> APIRouter:
    """One service's routes; its name is in each address, which is therefore no other's."""
    routes = APIRouter(prefix=f"/v1/operations/{service}/parked", tags=["operations"])
    whose = f"ParkedOf{service.capitalize()}"

    async def operators_request(request: Request, key: IdempotencyKey) -> CommandRequest:
        runtime = request.app.state.runtime
        bus = CommandBus[Transaction](
            runtime.database, lambda it: it, runtime.clock, runtime.waker, source=source_of(service)
        )
        return CommandRequest(request, key, bus)

    @routes.get("", operation_id=f"list{whose}", response_model=Page[ParkedMessage])
    async def list_parked(
        request: Request,
        response: Response,
        acts: FromParked,
        pager: Paging,
        caller: Reader,
        state: State = None,
        key: Key = None,
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> Page[ParkedMessage]:
        """The messages this service has set aside, oldest first."""
        operator(caller)
        found = await acts.list(state or "", _after(pager.read(request, cursor)), limit + 1, key or "")
        shown, next_cursor = pager.page(request, response, found, limit, lambda each: [each["id"]])
        return Page(items=[ParkedMessage.model_validate(each) for each in shown], next_cursor=next_cursor)

    @routes.get(
        "/{parked_id}",
        operation_id=f"get{whose}",
        response_model=ParkedInFull,
        responses=documented(NotParked),
    )
    async def get_parked(parked_id: ParkedId, acts: FromParked, caller: Reader) -> ParkedInFull:
        """One message, what it stands behind, and what was done with it, also when it is parked no more."""
        operator(caller)
        return ParkedInFull.model_validate(await acts.show(parked_id))

    @routes.post(
        "/{parked_id}/retry",
        operation_id=f"retry{whose}",
        status_code=202,
        response_model=ParkedMessage,
        responses=documented(NotParked),
    )
    async def retry_parked(
        parked_id: ParkedId,
        request: Annotated[CommandRequest, Depends(operators_request)],
        caller: Writer,
    ) -> Response:
        """Have a worker try it again at once, with all of its key, in order."""
        command = RetryParked(parked_id, operator(caller))
        return await request.execute(caller, retry, command, answer(202, ParkedMessage.model_validate))

    @routes.post(
        "/{parked_id}/discard",
        operation_id=f"discard{whose}",
        status_code=200,
        response_model=ParkedMessage,
        responses=documented(NotParked, HadItsEffect),
    )
    async def discard_parked(
        parked_id: ParkedId,
        body: MessageToDiscard,
        request: Annotated[CommandRequest, Depends(operators_request)],
        caller: Writer,
    ) -> Response:
        """Let it have no effect; what stands behind it goes on."""
        command = DiscardParked(parked_id, operator(caller), body.reason)
        return await request.execute(caller, discard, command, answer(200, ParkedMessage.model_validate))

    return routes


def _after(key: list[str] | None) -> int:
    try:
        return int(key[0]) if key else 0
    except (IndexError, ValueError):
        raise CursorInvalid(field="query.cursor") from None
