"""What can be asked of control totals."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class HearTotals:
    """Keep a part of what a service counted of a day, and compare once it is whole."""

    service: str
    on: date
    as_of: datetime
    totals: Mapping[UUID, Mapping[str, int]]
    complete: bool
