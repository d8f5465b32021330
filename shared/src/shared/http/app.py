"""The app factory: what every service's HTTP side has in common."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.docs_page import serve_docs
from shared.http.openapi import complete
from shared.http.parameters import refuse_unknown_parameters
from shared.http.problems import HTTP_SLUGS, MEDIA_TYPE, handle_problems, problem
from shared.security.access import undeclared_routes
from shared.telemetry.requests import ObservedRequests

SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cache-control", b"no-store"),
]
MAX_QUERY_BYTES = 4_096
BODY_SECONDS = 10.0


def create_app(
    *,
    title: str,
    description: str,
    version: str,
    routers: Sequence[APIRouter],
    lifespan: Callable[[FastAPI], Any],
    max_body_bytes: int,
    body_seconds: float = BODY_SECONDS,
) -> FastAPI:
    """An app with problems, limits, security headers and complete OpenAPI 3.1.

    A request's body arrives whole within `body_seconds`, or is answered 408.
    Raises `ValueError` where a route declares neither a scope nor that it is public.
    """
    app = _GuardedApp(
        body_seconds=body_seconds,
        title=title,
        description=description,
        version=version,
        lifespan=lifespan,
        max_body_size=max_body_bytes,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in routers:
        app.router.routes.extend(router.routes)
    serve_docs(app)
    if undeclared := list(undeclared_routes(app)):
        raise ValueError(f"routes without a declared access: {', '.join(undeclared)}")
    refuse_unknown_parameters(app)
    handle_problems(app)
    complete(app)
    return app


class _GuardedApp(FastAPI):
    """The guard stands outside of everything, so that answers to faults and oversized bodies pass it too."""

    def __init__(self, *, body_seconds: float, **options: Any) -> None:
        super().__init__(**options)
        self._body_seconds = body_seconds

    def build_middleware_stack(self) -> ASGIApp:
        return ObservedRequests(Guard(super().build_middleware_stack(), self._body_seconds))


class Guard:
    """Bounds the address and the wait for a body, and sets the security headers of every answer."""

    def __init__(self, app: ASGIApp, body_seconds: float) -> None:
        self._app = app
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answered = replaced = False

        async def send_guarded(message: Message) -> None:
            nonlocal answered, replaced
            if replaced:
                return
            if message["type"] == "http.response.start":
                if message["status"] == 413 and not _is_problem(message):
                    # The framework refuses a long body with its own message: replace it with a problem.
                    await problem(413, *HTTP_SLUGS[413])(scope, receive, send_guarded)
                    replaced = True
                    return
                present = {name for name, _ in message["headers"]}
                added = [pair for pair in SECURITY_HEADERS if pair[0] not in present]
                message["headers"] = [*message["headers"], *added]
            answered = message["type"] == "http.response.body" and not message.get("more_body")
            await send(message)

        if (refusal := _refusal(scope)) is not None:
            await refusal(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, _in_time(receive, self._body_seconds), send_guarded)
        except Exception:
            # Starlette raises a fault again after answering it; it is logged already.
            if not answered:
                raise


def _in_time(receive: Receive, seconds: float) -> Receive:
    """The same, with so long for the body as a whole, from when it is first asked for."""
    whole, deadline = False, 0.0

    async def receive_in_time() -> Message:
        nonlocal whole, deadline
        if whole:  # the next message is the end of the connection
            return await receive()
        now = asyncio.get_running_loop().time()
        deadline = deadline or now + seconds
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        whole = not message.get("more_body")
        return message

    return receive_in_time


def _is_problem(start: Message) -> bool:
    return (b"content-type", MEDIA_TYPE.encode()) in start["headers"]


def _refusal(scope: Scope) -> ASGIApp | None:
    if len(scope["query_string"]) > MAX_QUERY_BYTES:
        return problem(414, "query-too-long", "The query string is longer than this service takes")
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return problem(400, "malformed-request", "An address holds no null characters")
    return None
