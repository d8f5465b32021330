"""Spans in, a waterfall out."""

import gzip
import io
from pathlib import Path

import httpx2
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from rich.console import Console

from wex.traces import Span, SpanFile, create_app
from wex.waterfall import bar, choose_trace, in_order, spans_of, waterfall

MS = 1_000_000


def span(name: str, service: str, start: int, end: int, parent: str = "", trace: str = "aa") -> Span:
    return Span(trace, name, parent, service, name, start * MS, end * MS)


BOOKING = [
    span("clear", "safeguarding", 40, 60, parent="request"),
    span("request", "bookings", 0, 20),
    span("insert", "bookings", 5, 10, parent="request"),
    span("credit", "outcomes", 70, 100, parent="clear"),
]


def exported(service: str, name: str) -> bytes:
    """One span as a service sends it."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    attribute = resource.resource.attributes.add()
    attribute.key, attribute.value.string_value = "service.name", service
    sent = resource.scope_spans.add().spans.add()
    sent.trace_id, sent.span_id, sent.name = b"\x01" * 16, b"\x02" * 8, name
    sent.start_time_unix_nano, sent.end_time_unix_nano = 5, 9
    return bytes(request.SerializeToString())


async def post(folder: Path, body: bytes, **headers: str) -> int:
    transport = httpx2.ASGITransport(create_app(folder))
    async with httpx2.AsyncClient(transport=transport, base_url="http://traces") as client:
        return (await client.post("/v1/traces", content=body, headers=headers)).status_code


async def test_what_is_received_is_kept(tmp_path: Path) -> None:
    assert await post(tmp_path, exported("bookings", "plain")) == 200
    zipped = gzip.compress(exported("outcomes", "zipped"))
    assert await post(tmp_path, zipped, **{"content-encoding": "gzip"}) == 200
    kept = list(SpanFile(tmp_path).read())
    assert [(one.service, one.name) for one in kept] == [("bookings", "plain"), ("outcomes", "zipped")]
    assert kept[0].trace == "01" * 16


async def test_nonsense_is_refused(tmp_path: Path) -> None:
    assert await post(tmp_path, b"\xff\xff nonsense") == 400
    assert await post(tmp_path, b"not gzip", **{"content-encoding": "gzip"}) == 400
    bomb = gzip.compress(b"\x00" * 9_000_000)
    assert await post(tmp_path, bomb, **{"content-encoding": "gzip"}) == 400
    assert list(SpanFile(tmp_path).read()) == []


def test_the_files_stay_bounded(tmp_path: Path) -> None:
    kept = SpanFile(tmp_path, max_bytes=2_000)
    for number in range(200):
        kept.append([span(f"span-{number}", "bookings", number, number + 1)])
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 5_000
    assert list(kept.read())[-1].name == "span-199"


def test_children_follow_their_parents_in_time() -> None:
    assert [(depth, one.name) for depth, one in in_order(BOOKING)] == [
        (0, "request"),
        (1, "insert"),
        (1, "clear"),
        (2, "credit"),
    ]


def test_a_span_whose_parent_is_unknown_stands_at_the_top() -> None:
    assert in_order([span("lost", "bookings", 0, 1, parent="gone")])[0][0] == 0


def test_the_newest_wide_trace_is_chosen() -> None:
    newer = [span("alone", "bookings", 200, 300, trace="bb")]
    assert {one.trace for one in choose_trace([*BOOKING, *newer])} == {"aa"}
    assert choose_trace(newer) == []
    assert spans_of([*BOOKING, *newer], "b") == newer


def test_bars_show_offset_and_length() -> None:
    assert bar(BOOKING[1], 0, 100 * MS, 50) == (0, 10)
    assert bar(BOOKING[3], 0, 100 * MS, 50) == (35, 15)
    assert bar(span("instant", "bookings", 100, 100), 0, 100 * MS, 50) == (49, 1)


def test_the_waterfall_names_services_spans_and_times() -> None:
    out = io.StringIO()
    Console(file=out, width=140).print(waterfall(BOOKING))
    lines = out.getvalue().splitlines()
    assert "100.0 ms, 4 spans, 3 services" in lines[0]
    assert [line.split()[0] for line in lines[2:6]] == ["bookings", "bookings", "safeguarding", "outcomes"]
    assert "━" in lines[2]
    assert lines[5].rstrip().endswith("30.0")
