"""Logs, traces and health: what happened and where, never to whom."""

import io
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

import httpx2
import pytest
import structlog
from fastapi import FastAPI
from opentelemetry import trace
from opentelemetry.propagate import inject
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.bus import command_bus
from shared.http.app import create_app
from shared.http.health import health_routes
from shared.kernel import new_id
from shared.messaging import delivery, sender
from shared.telemetry import metrics, requests
from shared.telemetry.logs import ALLOWED, configure_logs
from shared.telemetry.tracing import HidePersonal
from tests.infra.polling import eventually
from tests.shared.example_service import TOPIC, ExampleService
from tests.shared.log import Log
from tests.shared.web import client_of

CANARY = "canary-Ada-Example"


Lines = Callable[[], list[dict[str, object]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What this process logs from here on, as a service logs it."""
    root, written = logging.getLogger(), io.StringIO()
    before, level = root.handlers[:], root.level
    configure_logs("example")
    structlog.configure(cache_logger_on_first_use=False)
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    structlog.reset_defaults()


def test_a_line_keeps_what_is_allowed_and_counts_what_it_drops(
    lines: Lines,
) -> None:
    logger = structlog.stdlib.get_logger("test")
    logger.info("thing_done", name="reminder", learner=CANARY, _hidden=CANARY, email=CANARY)

    (line,) = lines()
    assert CANARY not in str(line)
    assert line["name"] == "reminder"
    assert (line["event"], line["level"], line["service"], line["count"]) == (
        "thing_done",
        "info",
        "example",
        3,
    )
    assert set(line) <= ALLOWED


@pytest.mark.parametrize("library", [False, True], ids=["our own", "a library's"])
def test_an_exception_is_told_by_its_kind_and_place_alone(lines: Lines, *, library: bool) -> None:
    logger = logging.getLogger("lib") if library else structlog.stdlib.get_logger("test")
    try:
        dict[str, str]()[CANARY]
    except KeyError:
        logger.exception("failed")

    (line,) = lines()
    assert CANARY not in str(line)
    assert line["error"] == "KeyError"
    assert str(line["where"]).startswith("shared/test_telemetry.py:")


def test_what_a_library_fills_into_its_words_is_left_out(
    lines: Lines,
) -> None:
    logging.getLogger("asyncpg").warning("row %s of %r is odd", CANARY, {"name": CANARY})
    # As asyncio says it, which fills the repr of the exception in by itself.
    said = f"Task exception was never retrieved\nfuture: {CANARY}"
    logging.getLogger("asyncio").error(said)

    assert CANARY not in json.dumps(lines())


async def test_no_route_and_no_fault_writes_down_what_was_sent(
    http: httpx2.AsyncClient, lines: Lines
) -> None:
    await http.get("/v1/broken", params={"q": CANARY})
    await http.get("/v1/away", params={"q": CANARY})
    await http.get(f"/v1/{CANARY}", params={CANARY: CANARY})
    await http.post("/v1/things", json={"name": CANARY * 9}, headers={"Idempotency-Key": CANARY})
    await http.get("/v1/things", headers={"authorization": f"Bearer {CANARY}.{CANARY}.{CANARY}"})

    written = lines()
    assert CANARY not in json.dumps(written)
    assert {"request_failed", "database_unavailable"} <= {str(line["event"]) for line in written}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], list[ReadableSpan]]]:
    """The spans of the kit, as they would be exported."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(HidePersonal())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    for module in (command_bus, delivery, sender, requests):
        monkeypatch.setattr(module, "_tracer", provider.get_tracer("test"))
    yield lambda: list(exporter.get_finished_spans())
    provider.shutdown()


async def test_one_trace_leads_from_the_request_over_outbox_and_broker_to_the_effect(
    example: ExampleService, log: Log, spans: Callable[[], list[ReadableSpan]]
) -> None:
    key = new_id()
    publisher, consumer = (
        example.relay(log.bootstrap, log.prefix),
        example.consumer(log.bootstrap, log.prefix),
    )
    await example.change(key, 5)
    await publisher.start()
    await consumer.start()

    async def noted() -> bool:
        return len(await example.effects(key)) == 2

    await eventually(noted)
    await consumer.stop()
    await publisher.stop()

    by_name = {span.name: span for span in spans()}
    assert set(by_name) == {
        "execute ChangeThing", "publish thing.changed.v1", "process thing.changed.v1", "execute Note",
    }  # fmt: skip
    assert len({span.context.trace_id for span in by_name.values() if span.context}) == 1
    (record,) = await log.read(TOPIC)
    assert b"traceparent" in b" ".join(name.encode() for name, _ in record.headers)


async def test_a_backlog_is_published_in_one_span_linked_to_its_traces(
    example: ExampleService, log: Log, spans: Callable[[], list[ReadableSpan]]
) -> None:
    key, publisher = new_id(), example.relay(log.bootstrap, log.prefix)
    for number in range(sender.TRACED_EACH + 1):
        await example.change(key, number)
    await publisher.start()

    async def is_drained() -> bool:
        return not await example.sql("select from outbox limit 1")

    await eventually(is_drained)
    await publisher.stop()

    (published,) = [span for span in spans() if span.name.startswith("publish")]
    changed = {span.context.trace_id for span in spans() if span.name.startswith("execute") and span.context}
    assert published.name == f"publish {sender.TRACED_EACH + 1} events"
    assert {link.context.trace_id for link in published.links} == changed
    assert len(changed) == sender.TRACED_EACH + 1


async def test_a_span_tells_an_errors_kind_and_not_its_words(
    example: ExampleService, spans: Callable[[], list[ReadableSpan]]
) -> None:
    with pytest.raises(ValueError, match=CANARY):
        await example.change(new_id(), fail_with=ValueError(CANARY))

    (span,) = spans()
    assert CANARY not in span.to_json()
    assert [event.name for event in span.events] == ["exception"]
    assert dict(span.events[0].attributes or {})["exception.type"] == "ValueError"
    assert not span.status.is_ok


@pytest.mark.parametrize(
    ("method", "path", "name", "status"),
    [
        ("GET", "/v1/things/01a201b3-f907-794e-a9d7-af7afda4daf2", "GET /v1/things/{thing_id}", 404),
        ("GET", f"/v1/{CANARY}", "GET", 404),
        ("GET", f"/v1/broken?q={CANARY}", "GET /v1/broken", 500),
        (CANARY, "/v1/things", "_OTHER /v1/things", 405),
        ("POST", f"/v1/fast/things?q={CANARY}", "POST /v1/fast/things", 422),
        ("GET", f"/v1/things?q={CANARY * 300}", "GET", 414),
    ],
)
async def test_a_requests_span_tells_its_route_and_its_status(
    http: httpx2.AsyncClient,
    spans: Callable[[], list[ReadableSpan]],
    method: str,
    path: str,
    name: str,
    status: int,
) -> None:
    trace_id = f"{new_id().int:032x}"
    answer = await http.request(method, path, headers={"traceparent": f"00-{trace_id}-{1:016x}-01"})

    (span,) = [each for each in spans() if each.kind is trace.SpanKind.SERVER and each.name == name]
    method, _, route = name.partition(" ")
    told = {"http.request.method": method, "http.response.status_code": status}
    assert dict(span.attributes or {}) == told | ({"http.route": route} if route else {})
    assert answer.status_code == status
    assert span.parent is not None
    assert trace.format_trace_id(span.parent.trace_id) == trace_id
    assert span.status.is_ok == (status < 500)
    assert CANARY not in span.to_json()


async def test_a_request_is_timed_by_its_route_and_its_status(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("test")
    monkeypatch.setattr(metrics, "request_seconds", meter.create_histogram("seconds"))
    await http.get("/v1/things")
    await http.get("/health/live")

    found = reader.get_metrics_data()
    assert found is not None
    (point,) = found.resource_metrics[0].scope_metrics[0].metrics[0].data.data_points
    assert dict(point.attributes or {}) == {
        "http.request.method": "GET", "http.response.status_code": 200, "http.route": "/v1/things",
    }  # fmt: skip


def test_a_span_hides_who_asked_and_for_what() -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(HidePersonal())
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    attributes = {
        "url.query": CANARY,
        "client.address": CANARY,
        "user_agent.original": CANARY,
        "url.path": "/x",
    }
    with provider.get_tracer("test").start_as_current_span("GET", attributes=attributes):
        carrier: dict[str, str] = {}
        inject(carrier)

    (span,) = exporter.get_finished_spans()
    assert dict(span.attributes or {}) == {"url.path": "/x"}
    assert carrier["traceparent"].split("-")[1] == trace.format_trace_id(span.context.trace_id)


@pytest.mark.parametrize(
    ("wrong", "status", "body"),
    [
        (None, 200, {"status": "ok", "detail": None}),
        ("it is stuck", 503, {"status": "unwell", "detail": "it is stuck"}),
    ],
)
async def test_health_tells_what_is_wrong(wrong: str | None, status: int, body: dict[str, str]) -> None:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield

    async def ready() -> str | None:
        return wrong

    routes = health_routes(lambda: wrong, ready)
    app = create_app(
        title="t", description="d", version="0", routers=[routes], lifespan=lifespan, max_body_bytes=1_000
    )
    async with client_of(app) as client:
        for path in ("/health/live", "/health/ready"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()) == (status, body)
        metrics = await client.get("/metrics")

    assert metrics.headers["content-type"].startswith("text/plain")
