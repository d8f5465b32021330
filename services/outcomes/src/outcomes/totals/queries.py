"""What operators ask about control totals."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from outcomes.totals.domain import CountedDay, Difference


class TotalsQueries(Protocol):
    """Days that were counted, and where services differ."""

    async def days(
        self, institution_id: UUID | None, before: date | None, limit: int
    ) -> Sequence[CountedDay]:
        """Days, newest first; with the differences of one institution, or of all and of the whole day."""
        ...

    async def differences(
        self, on: date, institution_id: UUID | None, after: tuple[str, UUID] | None, limit: int
    ) -> Sequence[Difference]:
        """The differences of a day in order of measure and institution, also those seen only once."""
        ...
