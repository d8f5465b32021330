"""What every domain may use: identifiers, the clock and refusals. Standard library only."""

from shared.kernel.aggregate import Aggregate
from shared.kernel.clock import Clock, FixedClock, OffsetClock
from shared.kernel.ids import made_at, new_id
from shared.kernel.refusals import (
    ConcurrentChange,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    NotYetKnown,
    Refusal,
    StaleVersion,
)

__all__ = [
    "Aggregate",
    "Clock",
    "ConcurrentChange",
    "Conflict",
    "FixedClock",
    "Forbidden",
    "Invalid",
    "NotFound",
    "NotYetKnown",
    "OffsetClock",
    "Refusal",
    "StaleVersion",
    "made_at",
    "new_id",
]
