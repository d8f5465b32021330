"""What a benchmark found: rounds of ours beside rounds of a peer or ceiling, and the bar they must reach."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Bar:
    """The least, or with `at_most` the most, that must be reached, and what is aimed at."""

    floor: float
    aim: float
    at_most: bool = False

    def reached_by(self, value: float) -> bool:
        return value <= self.floor if self.at_most else value >= self.floor

    def aimed_at_by(self, value: float) -> bool:
        return value <= self.aim if self.at_most else value >= self.aim


@dataclass(frozen=True, slots=True)
class Finding:
    """One goal, measured: a figure per round for ours and, interleaved with them, for the other side.

    The value judged is the median of the rounds' ratios; without another side, the median of ours.
    `p99_ms` is of ours, where latencies were taken.
    """

    goal: str
    what: str
    unit: str
    ours: Sequence[float]
    bar: Bar
    theirs: Sequence[float] = ()
    against: str = ""
    p99_ms: float | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ratios(self) -> list[float]:
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    @property
    def value(self) -> float:
        return statistics.median(self.ratios if self.theirs else self.ours)

    @property
    def held(self) -> bool:
        return self.bar.reached_by(self.value)

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"value": self.value, "held": self.held}


def percentile(values: Sequence[float], percent: int) -> float:
    """The value that so many percent of the values do not exceed."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
