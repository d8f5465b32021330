"""The fast path: a well-formed change is parsed here, without FastAPI's dependency solver.

FastAPI reads parameters, dependencies and bodies in a general way that costs a hot route more than its
command. Anything else (no key, another media type, a body that breaks its form) still takes FastAPI's way
and is answered there, so an operation has one set of answers.
"""

from typing import Any

from fastapi import HTTPException, Request
from fastapi.routing import APIRoute
from pydantic import ValidationError
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from shared.http.bodies import RequestBody
from shared.http.commands import MAX_KEY_LENGTH, CommandRequest, command_request
from shared.security.access import current_caller, verified_caller

_MOST_DIGITS = 5  # of Content-Length: longer bodies are rare and need no fast path


class FastRoute(APIRoute):
    """A route of a fixed address that takes a body, an `IdempotentRequest` and the caller, and nothing else.

    For `APIRouter(route_class=...)`. Raises `ValueError` for a route that takes anything else.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        needed = {each.call: each for each in self.dependant.dependencies}
        bodies = self.dependant.body_params
        if (
            _takes_others(self.dependant)
            or len(bodies) != 1
            or set(needed) != {command_request, current_caller}
        ):
            raise ValueError(
                f"{self.path} takes more or less than a body, an IdempotentRequest and the caller"
            )
        command, caller = needed[command_request], needed[current_caller]
        self._names = str(bodies[0].name), str(command.name), str(caller.name)
        self._body: type[RequestBody] = bodies[0].field_info.annotation  # type: ignore[assignment]
        self._scopes = tuple(caller.own_oauth_scopes or ())

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        # A header that is repeated, or a query, which the operation does not have.
        unusual = len(headers) != len(scope["headers"]) or scope["query_string"]
        if scope["method"] not in (self.methods or ()) or unusual or not _is_well_formed(headers):
            await super().handle(scope, receive, send)
            return
        request = Request(scope, receive, send)
        try:
            sent = await request.body()
        except ClientDisconnect:
            raise HTTPException(400) from None
        if (body := self._read(sent)) is None:
            await super().handle(scope, _received_again(sent, receive), send)
            return
        authorization = headers.get(b"authorization", b"").decode("latin-1")
        caller = await verified_caller(request, authorization, self._scopes)
        command = CommandRequest(request, headers[b"idempotency-key"].decode("latin-1"))
        response = await self.endpoint(**dict(zip(self._names, (body, command, caller), strict=True)))
        await response(scope, receive, send)

    def _read(self, sent: bytes) -> RequestBody | None:
        if b"\\u0000" in sent:  # perhaps a null character: FastAPI's way decides
            return None
        try:
            return self._body.model_validate_json(sent, strict=True)
        except ValidationError:
            return None


def _takes_others(dependant: Any) -> bool:
    return bool(
        dependant.path_params or dependant.query_params or dependant.header_params or dependant.cookie_params
    )


def _is_well_formed(headers: dict[bytes, bytes]) -> bool:
    length = headers.get(b"content-length", b"")
    return (
        headers.get(b"content-type") == b"application/json"
        and 0 < len(headers.get(b"idempotency-key", b"")) <= MAX_KEY_LENGTH
        and length.isdigit()
        and len(length) <= _MOST_DIGITS
    )


def _received_again(sent: bytes, receive: Receive) -> Receive:
    """What was received already, once more."""
    replayed = False

    async def receive_again() -> Message:
        nonlocal replayed
        if replayed:
            return await receive()
        replayed = True
        return {"type": "http.request", "body": sent, "more_body": False}

    return receive_again
