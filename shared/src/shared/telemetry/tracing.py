"""Traces and metrics of a process: OpenTelemetry, set up once in the composition root."""

from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor
from opentelemetry.propagate import extract, set_global_textmap
from opentelemetry.sdk.metrics import AlwaysOffExemplarFilter, MeterProvider
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Status
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

# A query string may hold what somebody searched for, a client address is personal data.
HIDDEN = ("url.query", "url.full", "client.address", "user_agent.original", "network.peer.address")

# A driver's error message repeats the row it is about.
HIDDEN_OF_ERRORS = ("exception.message", "exception.stacktrace")


class HidePersonal(SpanProcessor):
    """Takes what may name a person off every span before it is exported: of an error its kind remains."""

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        pass

    def on_end(self, span: ReadableSpan) -> None:
        # The SDK offers no public way to change a span at its end.
        _hide(span._attributes, HIDDEN)  # noqa: SLF001
        for event in span._events:  # noqa: SLF001
            _hide(event._attributes, HIDDEN_OF_ERRORS)  # noqa: SLF001
        if span._status.description:  # noqa: SLF001
            span._status = Status(span._status.status_code)  # noqa: SLF001

    def shutdown(self) -> None:
        pass

    def force_flush(self, timeout_millis: int = 30_000) -> bool:  # noqa: ARG002
        return True


def configure_tracing(
    service: str,
    role: str,
    endpoint: str | None,
    exporter: SpanExporter | None = None,
    *,
    statements: bool = False,
) -> TracerProvider:
    """Set up traces (sent to `endpoint`, OTLP over HTTP, where one is given) and metrics.

    With `statements` each SQL statement is a span too, which costs about as much as the statement.
    """
    resource = Resource.create({"service.name": service, "service.instance.id": role})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(HidePersonal())
    if exporter is None and endpoint:
        exporter = OTLPSpanExporter(f"{endpoint.rstrip('/')}/v1/traces", timeout=3)
    if exporter is not None:
        provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=300))
    trace.set_tracer_provider(provider)
    metrics.set_meter_provider(
        MeterProvider(
            resource=resource,
            metric_readers=[PrometheusMetricReader()],
            exemplar_filter=AlwaysOffExemplarFilter(),  # the metrics endpoint shows none
        )
    )
    # Baggage is chosen by the caller: it is neither read nor passed on.
    set_global_textmap(TraceContextTextMapPropagator())
    if statements:
        AsyncPGInstrumentor().instrument(  # type: ignore[no-untyped-call]
            tracer_provider=provider
        )
    return provider


def _hide(attributes: Any, names: Iterable[str]) -> None:
    for name in names:
        getattr(attributes, "_dict", {}).pop(name, None)


def parent_of(headers: Mapping[str, str]) -> Context:
    """The trace a message belongs to, from its `traceparent`."""
    return extract(headers)
