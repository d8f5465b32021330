"""One trace as a waterfall: which service worked when, and for how long."""

from collections import defaultdict
from collections.abc import Iterable

from rich.table import Table
from rich.text import Text

from wex.traces import Span

_COLOURS = ("cyan", "magenta", "green", "yellow", "blue", "bright_red")


def choose_trace(spans: Iterable[Span], more_than: int = 2) -> list[Span]:
    """The newest trace in which more services than this took part; empty if there is none."""
    traces: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        traces[span.trace].append(span)
    wide = [trace for trace in traces.values() if len({span.service for span in trace}) > more_than]
    return max(wide, key=lambda trace: max(span.end for span in trace), default=[])


def spans_of(spans: Iterable[Span], trace: str) -> list[Span]:
    """The spans of the trace whose id begins so."""
    return [span for span in spans if span.trace.startswith(trace)]


def in_order(spans: list[Span]) -> list[tuple[int, Span]]:
    """Parents before their children, earliest first, each with its depth; orphans stand at the top."""
    known = {span.span for span in spans}
    children: dict[str, list[Span]] = defaultdict(list)
    for span in sorted(spans, key=lambda span: (span.start, span.end)):
        children[span.parent if span.parent in known else ""].append(span)
    rows: list[tuple[int, Span]] = []
    waiting = [(0, span) for span in reversed(children[""])]
    while waiting:
        depth, span = waiting.pop()
        rows.append((depth, span))
        waiting += [(depth + 1, child) for child in reversed(children[span.span])]
    return rows


def bar(span: Span, first: int, last: int, width: int) -> tuple[int, int]:
    """Where the span's bar begins and how long it is, in characters."""
    whole = max(1, last - first)
    begin = min(width - 1, (span.start - first) * width // whole)
    return begin, max(1, min(width - begin, round((span.end - span.start) * width / whole)))


def waterfall(spans: list[Span], width: int = 22) -> Table:
    """The trace as a table."""
    first, last = min(span.start for span in spans), max(span.end for span in spans)
    services = sorted({span.service for span in spans})
    colours = {service: _COLOURS[number % len(_COLOURS)] for number, service in enumerate(services)}
    size = f"{(last - first) / 1e6:.1f} ms, {len(spans)} spans, {len(services)} services"
    table = Table(title=f"trace {spans[0].trace}  {size}", title_justify="left", box=None)
    table.add_column("service", no_wrap=True, min_width=max(map(len, services)))
    table.add_column("span", no_wrap=True, max_width=30)
    table.add_column("", no_wrap=True, min_width=width)
    table.add_column("ms", justify="right", no_wrap=True, min_width=6)
    for depth, span in in_order(spans):
        begin, length = bar(span, first, last, width)
        drawn = Text(" " * begin + "━" * length, style="bold red" if span.failed else colours[span.service])
        milliseconds = f"{(span.end - span.start) / 1e6:.1f}"
        table.add_row(
            Text(span.service, colours[span.service]), "  " * depth + span.name, drawn, milliseconds
        )
    return table
