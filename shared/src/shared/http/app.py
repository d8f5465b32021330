"""The app factory: what every service's HTTP side has in common."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.http.openapi import complete
from shared.http.problems import handle_problems, problem
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
    app = FastAPI(
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
    app.add_middleware(Guard)
    return app


class Guard:
    """Bounds the query string and sets the security headers of every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                added = [pair for pair in SECURITY_HEADERS if pair[0] not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        if len(scope["query_string"]) > MAX_QUERY_BYTES:
            refusal = problem(414, "query-too-long", "The query string is longer than this service takes")
            await refusal(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)


def _unobserved(scope: Any) -> bool:
    path = str(scope.get("path", ""))
    return path.startswith("/health/") or path == "/metrics"
