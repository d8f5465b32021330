"""Every benchmark by its name."""

from collections.abc import Awaitable, Callable

from tests.benchmarks import memory, relay, saga, suspension, wake
from tests.benchmarks.findings import Finding
from tests.benchmarks.run import Run

BENCHMARKS: dict[str, Callable[[Run], Awaitable[list[Finding]]]] = {
    "relay": relay.measure,
    "wake": wake.measure,
    "saga": saga.measure,
    "suspension": suspension.measure,
    "memory": memory.measure,
}
