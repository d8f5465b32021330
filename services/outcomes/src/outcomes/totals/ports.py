"""What comparing needs from outside."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from outcomes.totals.commands import HearTotals
from outcomes.totals.domain import Counted, Difference


class Totals(Protocol):
    """What services counted, and where they differ."""

    async def keep(self, heard: HearTotals) -> bool:
        """Keep what was heard, one transaction of a day after the other; False where newer is known."""
        ...

    async def counted(self, on: date) -> Mapping[str, Counted]:
        """The last whole counting of each service."""
        ...

    async def differences(self, on: date) -> Sequence[Difference]:
        """The differences of a day as they were last seen."""
        ...

    async def save(self, on: date, differences: Sequence[Difference]) -> None:
        """Let these be the differences of the day."""
        ...


class TotalsUnitOfWork(Protocol):
    """What comparing needs of a transaction."""

    now: datetime
    totals: Totals
