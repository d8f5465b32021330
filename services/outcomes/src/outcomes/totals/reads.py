"""Control totals read for operators."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outcomes.totals.domain import COUNTED_BY, MEASURES, CountedDay, Difference
from shared.persistence.database import Database
from shared.persistence.reading import reading

_DAYS = text(
    """
    select on_day, array_agg(service) as services, array_agg(complete_as_of) as moments from countings
    where cast(:before as date) is null or on_day < :before
    group by on_day order by on_day desc limit :limit
    """
)
_ORDERED = "array_position(cast(:measures as text[]), measure), institution_id"
_FOUND = text(
    f"""
    select distinct on (on_day) on_day, count(*) over (partition by on_day) as found, measure, institution_id,
           number, other_number, since, other_since, found_at
    from differences
    where on_day = any (cast(:days as date[])) and found_at is not null
      and (cast(:institution_id as uuid) is null or institution_id = :institution_id)
    order by on_day, {_ORDERED}
    """  # noqa: S608 - an order of our own
)
_DIFFERENCES = text(
    f"""
    select measure, institution_id, number, other_number, since, other_since, found_at from differences
    where on_day = :on_day
      and (cast(:institution_id as uuid) is null or institution_id = :institution_id)
      and (cast(:after_measure as text) is null
           or (array_position(cast(:measures as text[]), measure), institution_id)
              > (array_position(cast(:measures as text[]), :after_measure), cast(:after_institution as uuid)))
    order by {_ORDERED} limit :limit
    """  # noqa: S608 - an order of our own
)
_MEASURED = text("select measure, count(*) as found from differences where found_at is not null group by 1")


class TotalsReads:
    """What operators see of control totals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def days(
        self, institution_id: UUID | None, before: date | None, limit: int
    ) -> Sequence[CountedDay]:
        async with reading(self._database) as db:
            days = (await db.execute(_DAYS, {"before": before, "limit": limit})).all()
            asked = {
                "days": [row.on_day for row in days],
                "institution_id": institution_id,
                "measures": list(MEASURES),
            }
            found = {row.on_day: row for row in await db.execute(_FOUND, asked)}
        return [_day(row, found.get(row.on_day)) for row in days]

    async def differences(
        self, on: date, institution_id: UUID | None, after: tuple[str, UUID] | None, limit: int
    ) -> Sequence[Difference]:
        asked = {
            "on_day": on,
            "institution_id": institution_id,
            "measures": list(MEASURES),
            "after_measure": after[0] if after else None,
            "after_institution": after[1] if after else None,
            "limit": limit,
        }
        async with reading(self._database) as db:
            return [Difference(**row._asdict()) for row in await db.execute(_DIFFERENCES, asked)]

    async def found(self) -> dict[str, int]:
        """How many differences stand, by measure."""
        async with reading(self._database) as db:
            counted = {row.measure: int(row.found) for row in await db.execute(_MEASURED)}
        return {measure: counted.get(measure, 0) for measure in MEASURES}


def _day(row: Any, found: Any) -> CountedDay:
    counted = dict(zip(row.services, row.moments, strict=True))
    as_of = {service: counted.get(service) for service in COUNTED_BY}
    if found is None:
        return CountedDay(row.on_day, as_of, 0, None)
    told = found._asdict()
    del told["on_day"]
    return CountedDay(row.on_day, as_of, told.pop("found"), Difference(**told))
