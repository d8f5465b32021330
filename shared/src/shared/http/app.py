"""The app factory: what every service's HTTP side has in common."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.openapi import complete
from shared.http.problems import HTTP_SLUGS, MEDIA_TYPE, handle_problems, problem
from shared.security.access import undeclared_routes

SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"cache-control", b"no-store"),
]
MAX_QUERY_BYTES = 4_096


def create_app(
    *,
    title: str,
    description: str,
    version: str,
    routers: Sequence[APIRouter],
    lifespan: Callable[[FastAPI], Any],
    max_body_bytes: int,
) -> FastAPI:
    """An app with problems, limits, security headers and complete OpenAPI 3.1.

    Raises `ValueError` where a route declares neither a scope nor that it is public.
    """
    app = _GuardedApp(
        title=title,
        description=description,
        version=version,
        lifespan=lifespan,
        max_body_size=max_body_bytes,
        telemetry={"operation_spans": False, "logs": False, "exclude": _unobserved},
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in routers:
        app.router.routes.extend(router.routes)
    if undeclared := list(undeclared_routes(app)):
        raise ValueError(f"routes without a declared access: {', '.join(undeclared)}")
    handle_problems(app)
    complete(app)
    return app


class _GuardedApp(FastAPI):
    """The guard stands outside of everything, so that answers to faults and oversized bodies pass it too."""

    def build_middleware_stack(self) -> ASGIApp:
        return Guard(super().build_middleware_stack())


class Guard:
    """Bounds the address, and sets the security headers of every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

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
                    # The framework refuses a body by its length in words of its own.
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
            await self._app(scope, receive, send_guarded)
        except Exception:
            # Starlette raises a fault again after its answer; it is in the log already.
            if not answered:
                raise


def _is_problem(start: Message) -> bool:
    return (b"content-type", MEDIA_TYPE.encode()) in start["headers"]


def _refusal(scope: Scope) -> ASGIApp | None:
    if len(scope["query_string"]) > MAX_QUERY_BYTES:
        return problem(414, "query-too-long", "The query string is longer than this service takes")
    if "\0" in scope["path"] or b"%00" in scope["query_string"]:
        return problem(400, "malformed-request", "An address holds no null characters")
    return None


def _unobserved(scope: Any) -> bool:
    path = str(scope.get("path", ""))
    return path.startswith("/health/") or path == "/metrics"
