"""Structured logs: JSON lines with an allow-list of members, so that nothing personal slips in."""

import logging
import sys
import traceback
from pathlib import Path

import structlog
from opentelemetry import trace
from structlog.typing import EventDict, WrappedLogger

ALLOWED = frozenset(
    {
        "event", "level", "timestamp", "logger", "service", "trace_id", "span_id",
        "address", "aggregate", "attempt", "client", "command", "consumer", "count", "deadline", "error",
        "event_id", "event_type", "host", "kid", "method", "milliseconds", "name", "offset", "partition",
        "pid", "policy", "port", "reason", "route", "schedule", "shard", "slug", "status", "subject_id",
        "topic", "version", "where",
    }
)  # fmt: skip
_META = ("_record", "_from_structlog")


def logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger for a module."""
    bound: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return bound


def configure_logs(service: str, *, as_json: bool = True, level: int = logging.INFO) -> None:
    """Send this process's logs, its libraries' too, to standard output."""
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _tell_trace,
        _bind(service),
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=True)
    )
    structlog.configure(
        processors=[
            *shared,
            tell_kind_of_error,
            keep_allowed,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*shared, _without_arguments, tell_kind_of_error],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, keep_allowed, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("aiokafka", "httpx2", "alembic", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # Our own retries log a broker that is away; the client would repeat it many times a second.
    logging.getLogger("aiokafka").setLevel(logging.ERROR)


def keep_allowed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Drop every member that is not on the list, and say how many were."""
    kept = {name: value for name, value in event.items() if name in ALLOWED or name in _META}
    dropped = len(event) - len(kept)
    return kept | {"count": dropped} if dropped and "count" not in kept else kept


def tell_kind_of_error(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """An exception's kind and place: its own words and its traceback may repeat a request or a row."""
    info = event.pop("exc_info", None)
    if isinstance(info, BaseException):
        info = (type(info), info, info.__traceback__)
    elif info and not isinstance(info, tuple):
        info = sys.exc_info()
    if info and info[0] is not None:
        event.setdefault("error", info[0].__name__)
        if frames := traceback.extract_tb(info[2]):
            event["where"] = f"{'/'.join(Path(frames[-1].filename).parts[-2:])}:{frames[-1].lineno}"
    return event


def _without_arguments(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    # Arguments of a library's message may be values of a request or a row: only its template is kept.
    record: logging.LogRecord | None = event.get("_record")
    if record is not None:
        event["event"] = (str(record.msg).splitlines() or [""])[0]
        if record.exc_info:
            event["exc_info"] = record.exc_info
            record.exc_info = record.exc_text = None
    return event


def _tell_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = format(context.trace_id, "032x")
        event["span_id"] = format(context.span_id, "016x")
    return event


def _bind(service: str) -> structlog.typing.Processor:
    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return add_service
