"""The trace receiver: OTLP over HTTP in, one JSON line per span out."""

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_MAX_BODY_BYTES = 8_000_000
_MAX_FILE_BYTES = 16_000_000
_CURRENT, _PREVIOUS = "spans.jsonl", "spans.1.jsonl"
_PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True)
class Span:
    """What the waterfall shows of a span, and nothing of what it carried."""

    trace: str
    span: str
    parent: str
    service: str
    name: str
    start: int
    end: int
    failed: bool = False
    links: tuple[str, ...] = ()


class SpanFile:
    """Spans in a folder: the newest two files of bounded size."""

    def __init__(self, folder: Path, max_bytes: int = _MAX_FILE_BYTES) -> None:
        self._folder = folder
        self._max_bytes = max_bytes

    def append(self, spans: Iterable[Span]) -> None:
        """Add spans; a full file becomes the previous one."""
        self._folder.mkdir(parents=True, exist_ok=True)
        current = self._folder / _CURRENT
        if current.exists() and current.stat().st_size > self._max_bytes:
            current.replace(self._folder / _PREVIOUS)
        with current.open("a") as out:
            out.writelines(json.dumps(asdict(span)) + "\n" for span in spans)

    def read(self, trace: str = "") -> Iterator[Span]:
        """Every span kept, oldest first; of one trace alone where its id is given."""
        for name in (_PREVIOUS, _CURRENT):
            file = self._folder / name
            if file.exists():
                for line in file.read_text().splitlines(keepends=True):
                    if trace in line and line.endswith("\n"):  # the last one may be half written
                        fields = json.loads(line)
                        yield Span(**{**fields, "links": tuple(fields["links"])})


def decode(body: bytes) -> list[Span]:
    """The spans of one export request."""
    request = ExportTraceServiceRequest.FromString(body)
    spans = []
    for resource in request.resource_spans:
        names = [a.value.string_value for a in resource.resource.attributes if a.key == "service.name"]
        spans += [
            Span(
                trace=span.trace_id.hex(),
                span=span.span_id.hex(),
                parent=span.parent_span_id.hex(),
                service=(names or ["unknown"])[0],
                name=span.name,
                start=span.start_time_unix_nano,
                end=span.end_time_unix_nano,
                failed=span.status.code == span.status.STATUS_CODE_ERROR,
                links=tuple(link.trace_id.hex() for link in span.links),
            )
            for scope in resource.scope_spans
            for span in scope.spans
        ]
    return spans


def create_app(folder: Path) -> Starlette:
    """The receiver over HTTP."""
    kept = SpanFile(folder)

    async def receive(request: Request) -> Response:
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > _MAX_BODY_BYTES:
                return Response(status_code=413)
        try:
            kept.append(decode(_inflated(bytes(body), request.headers.get("content-encoding"))))
        except (DecodeError, ValueError):
            return Response(status_code=400)
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type=_PROTOBUF)

    async def ready(_request: Request) -> Response:
        return Response("ready")

    return Starlette(
        routes=[
            Route("/v1/traces", receive, methods=["POST"]),
            Route("/health/ready", ready, methods=["GET"]),
        ]
    )


def _inflated(body: bytes, encoding: str | None) -> bytes:
    if encoding is None or encoding == "identity":
        return body
    if encoding != "gzip":
        raise ValueError("the content encoding must be gzip or none")
    inflater = zlib.decompressobj(wbits=31)
    try:
        plain = inflater.decompress(body, _MAX_BODY_BYTES)
    except zlib.error as error:
        raise ValueError("the body is not gzip") from error
    if inflater.unconsumed_tail or not inflater.eof:
        raise ValueError("the body is cut short or too large")
    return plain
