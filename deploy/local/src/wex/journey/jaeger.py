"""Spans as Jaeger's query interface gives them (`GET /api/traces/{id}`)."""

from typing import Any

from wex.traces import Span


def spans_of(answer: dict[str, Any]) -> list[Span]:
    """Every span in the answer, as the local stack's trace receiver would keep it."""
    return [
        _span(span, trace["processes"][span["processID"]]["serviceName"])
        for trace in answer["data"]
        for span in trace["spans"]
    ]


def _span(span: dict[str, Any], service: str) -> Span:
    parents = [each for each in span["references"] if each["traceID"] == span["traceID"]]
    links = tuple(each["traceID"] for each in span["references"] if each["traceID"] != span["traceID"])
    return Span(
        trace=span["traceID"],
        span=span["spanID"],
        parent=parents[0]["spanID"] if parents else "",
        service=service,
        name=span["operationName"],
        start=span["startTime"] * 1000,  # Jaeger counts in microseconds
        end=(span["startTime"] + span["duration"]) * 1000,
        failed=any(tag["key"] == "error" and tag["value"] for tag in span["tags"]),
        links=links,
    )
