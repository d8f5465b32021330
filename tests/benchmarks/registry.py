"""Every benchmark by its name."""

from collections.abc import AsyncGenerator, Callable

from tests.benchmarks import deadlines, holds, memory, orphans, outcomes, relay, rush, saga, suspension, wake
from tests.benchmarks.findings import Finding
from tests.benchmarks.run import Run

BENCHMARKS: dict[str, Callable[[Run], AsyncGenerator[Finding]]] = {
    "holds": holds.measure,
    "rush": rush.measure,
    "relay": relay.measure,
    "wake": wake.measure,
    "deadlines": deadlines.measure,
    "outcomes": outcomes.measure,
    "saga": saga.measure,
    "suspension": suspension.measure,
    "memory": memory.measure,
    "orphans": orphans.measure,
}
