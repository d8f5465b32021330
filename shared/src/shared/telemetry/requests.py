"""Telemetry of requests: a span and a metric each, by OpenTelemetry's conventions, with nothing personal.

FastAPI can do this itself, for three times the processor: nearly as much as all else around a command.
https://opentelemetry.io/docs/specs/semconv/http/ names the attributes; the path stays out: it holds ids.
"""

from collections.abc import Iterable
from time import perf_counter
from typing import Any

from opentelemetry import context, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import metrics
from shared.telemetry.tracing import parent_of

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NO_PARENT = context.Context()
_tracer = trace.get_tracer(__name__)


class ObservedRequests:
    """Observes every request but those that ask how this process is."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith("/health/") or scope["path"] == "/metrics":
            await self._app(scope, receive, send)
            return
        status = 500  # unless a response starts

        async def send_observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        method = scope["method"] if scope["method"] in _METHODS else "_OTHER"
        parent = _parent(scope["headers"])
        span = _tracer.start_span(method, parent, SpanKind.SERVER)
        token = context.attach(trace.set_span_in_context(span, parent))
        began = perf_counter()
        try:
            await self._app(scope, receive, send_observed)
        finally:
            context.detach(token)
            attributes = {"http.request.method": method, "http.response.status_code": status}
            if route := getattr(scope.get("route"), "path", None):
                attributes["http.route"] = route
            metrics.request_seconds.record(perf_counter() - began, attributes)
            _end(span, attributes)


def _parent(headers: Iterable[tuple[bytes, bytes]]) -> context.Context:
    for name, value in headers:
        if name == b"traceparent":
            return parent_of({"traceparent": value.decode("latin-1")})
    return _NO_PARENT


def _end(span: Span, attributes: dict[str, Any]) -> None:
    if route := attributes.get("http.route"):
        span.update_name(f"{attributes['http.request.method']} {route}")
    span.set_attributes(attributes)
    if attributes["http.response.status_code"] >= 500:
        span.set_status(Status(StatusCode.ERROR))
    span.end()
