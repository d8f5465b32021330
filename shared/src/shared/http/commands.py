"""From a request to the command bus: Idempotency-Key to message, result to answer."""

import hashlib
import re
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Header, Request, Response
from opentelemetry.context import get_current
from pydantic import BaseModel

from shared.bus.command_bus import CommandBus, CommandEnvelope, Done
from shared.bus.inbox import REQUEST_SOURCE, Answer, Message, Taken
from shared.kernel import Refusal, StaleVersion
from shared.security.tokens import Caller

Command = TypeVar("Command")
Result = TypeVar("Result")

MAX_KEY_LENGTH = 255
IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=MAX_KEY_LENGTH,
        description="Names this request: sent again with the same key it is answered the same, once done",
        examples=["01a201b3-f907-794e-a9d7-af7afda4daf2"],
    ),
]


class VersionMissing(Refusal):
    """Changing this needs the version it was read at, as If-Match."""

    slug = "version-missing"
    title = "This change needs an If-Match header"


class CommandRequest:
    """One request that changes something: carried out once for its Idempotency-Key, answered each time.

    By the service's own command bus, unless another is given.
    """

    def __init__(self, request: Request, key: str, bus: CommandBus[Any] | None = None) -> None:
        self._request = request
        self._key = key
        self._runtime = request.app.state.runtime
        self._bus: CommandBus[Any] = bus or self._runtime.bus

    async def execute(
        self,
        caller: Caller,
        handler: Callable[[Command, Any], Awaitable[Result]],
        command: Command,
        render: Callable[[Result], Answer],
    ) -> Response:
        """Carry out `command` for `caller` and answer what `render` makes of its result."""
        return _response(await self._bus.execute(await self._message(caller), handler, command, render))

    async def execute_batched(
        self,
        key: object,
        caller: Caller,
        handler: Callable[[Sequence[Command], Any], Awaitable[Sequence[Result | Refusal]]],
        command: Command,
        render: Callable[[Result], Answer],
        *,
        subject: object,
    ) -> Response:
        """The same for something scarce, sharing transactions with requests for the thing `key` names.

        `subject` is the aggregate whose events belong to this request's trace.
        """
        envelope = CommandEnvelope(await self._message(caller), command, render, str(subject), get_current())
        return _response(await self._runtime.batcher.execute(key, handler, envelope))

    async def _message(self, caller: Caller) -> Message:
        return Message(
            kind="request",
            source=f"{REQUEST_SOURCE}{caller.organisation_id or '-'}:{caller.subject}",
            message_id=self._key,
            tenants=caller.acts_for,
            fingerprint=await self._fingerprint(),
        )

    async def _fingerprint(self) -> bytes:
        request, scope = self._request, self._request.scope
        digest = hashlib.sha256(f"{scope['method']} {scope['path']}?".encode())
        digest.update(scope["query_string"] + b"\n")
        digest.update(request.headers.get("if-match", "").encode())
        digest.update(await request.body())
        return digest.digest()


def _response(outcome: Done[Any] | Taken) -> Response:
    answer = outcome.answer or Answer(status=204)
    headers = dict(answer.headers)
    if not isinstance(outcome, Done):
        headers["Idempotency-Replayed"] = "true"
    kind = "application/json" if answer.body is not None else None
    return Response(answer.body, answer.status, headers, media_type=kind)


async def command_request(request: Request, key: IdempotencyKey) -> CommandRequest:
    """The dependency of every route that changes something."""
    return CommandRequest(request, key)


IdempotentRequest = Annotated[CommandRequest, Depends(command_request)]


def answer(
    status: int, body_of: Callable[[Result], BaseModel], location: Callable[[Result], str] | None = None
) -> Callable[[Result], Answer]:
    """Answers with a body, an ETag where the body has a version, and a Location where one is given."""

    def render(result: Result) -> Answer:
        body = body_of(result)
        headers = {"Location": location(result)} if location else {}
        if (version := getattr(body, "version", None)) is not None:
            headers["ETag"] = etag(version)
        return Answer(status, body.model_dump_json(), headers)

    return render


def no_content(_: object) -> Answer:
    """Answers that it is done, with nothing more to say."""
    return Answer(status=204)


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"v{version}"'


NEEDED = "x-wex-needed"  # optional for the framework only: we answer its absence with our own problem


def expected_version(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=64,
            description="The ETag the thing was read with",
            json_schema_extra={NEEDED: True},
        ),
    ] = None,
) -> int:
    """The version of the caller's If-Match. Raises `VersionMissing`, `StaleVersion`."""
    if (version := version_if_read(if_match)) is None:
        raise VersionMissing(field="header.If-Match")
    return version


def version_if_read(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=64,
            description="The ETag the thing was read with, where it was there before",
        ),
    ] = None,
) -> int | None:
    """The version of the caller's If-Match, None without one. Raises `StaleVersion`."""
    if if_match is None:
        return None
    if not (found := re.fullmatch(r'"v(\d{1,9})"', if_match)):
        raise StaleVersion(field="header.If-Match")
    return int(found[1])


ExpectedVersion = Annotated[int, Depends(expected_version)]
VersionIfRead = Annotated[int | None, Depends(version_if_read)]
