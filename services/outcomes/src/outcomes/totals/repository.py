"""Totals and differences as rows. They are numbers, of all institutions: no tenant sees them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from outcomes.totals.commands import HearTotals
from outcomes.totals.domain import MEASURES, Counted, Difference
from shared.bus.transaction import Transaction

KEPT = timedelta(days=40)
_COUNTED = ("places", "confirmed", "cleared", "attended", "minutes", "learners")
_LOCK = text("select pg_advisory_xact_lock(hashtextextended('totals of ' || cast(:on_day as text), 0))")
_BEGIN = text(
    """
    insert into countings (on_day, service, as_of, complete_as_of)
    values (:on_day, :service, cast(:as_of as timestamptz),
      case when cast(:complete as boolean) then cast(:as_of as timestamptz) end)
    on conflict (on_day, service) do update set as_of = excluded.as_of,
      complete_as_of = coalesce(excluded.complete_as_of, countings.complete_as_of)
    where countings.as_of <= excluded.as_of
    returning true
    """
)
_KEEP = text(
    """
    insert into day_totals (on_day, service, institution_id, as_of, places, confirmed, cleared, attended,
      minutes, learners)
    select cast(:on_day as date), cast(:service as text), institution_id, cast(:as_of as timestamptz), places,
      confirmed, cleared, attended, minutes, learners
    from unnest(cast(:institution_id as uuid[]), cast(:places as bigint[]), cast(:confirmed as bigint[]),
                cast(:cleared as bigint[]), cast(:attended as bigint[]), cast(:minutes as bigint[]),
                cast(:learners as bigint[]))
         as heard (institution_id, places, confirmed, cleared, attended, minutes, learners)
    on conflict (on_day, service, institution_id) do update
    set as_of = excluded.as_of, places = excluded.places, confirmed = excluded.confirmed,
        cleared = excluded.cleared, attended = excluded.attended, minutes = excluded.minutes,
        learners = excluded.learners
    """
)
_NOT_NAMED = text("delete from day_totals where on_day = :on_day and service = :service and as_of < :as_of")
_OLD = [
    text("delete from day_totals where on_day < :before"),
    text("delete from countings where on_day < :before"),
    text("delete from differences where on_day < :before"),
]
_WHOLE = text(
    "select service, complete_as_of from countings where on_day = :on_day and complete_as_of is not null"
)
_TOTALS = text(
    """
    select service, institution_id, places, cleared, attended, minutes, learners
    from day_totals where on_day = :on_day
    """
)
_DIFFERENCES = text(
    """
    select measure, institution_id, number, other_number, since, other_since, found_at
    from differences where on_day = :on_day
    """
)
_NO_DIFFERENCES = text("delete from differences where on_day = :on_day")
_SAVE_DIFFERENCES = text(
    """
    insert into differences (on_day, measure, institution_id, service, number, since, other_service,
      other_number, other_since, found_at)
    select cast(:on_day as date), * from unnest(cast(:measure as text[]), cast(:institution_id as uuid[]),
      cast(:service as text[]), cast(:number as bigint[]), cast(:since as timestamptz[]),
      cast(:other_service as text[]), cast(:other_number as bigint[]), cast(:other_since as timestamptz[]),
      cast(:found_at as timestamptz[]))
    """
)
_DIFFERENCE = (
    "measure", "institution_id", "service", "number", "since", "other_service", "other_number", "other_since",
    "found_at",
)  # fmt: skip


class TotalsRepository:
    """The totals of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db
        self._today = transaction.today

    async def keep(self, heard: HearTotals) -> bool:
        counting = {"on_day": heard.on, "service": heard.service, "as_of": heard.as_of}
        await self._db.execute(_LOCK, {"on_day": str(heard.on)})
        begun = await self._db.execute(_BEGIN, counting | {"complete": heard.complete})
        if begun.first() is None:
            return False
        columns: dict[str, list[Any]] = {
            name: [numbers.get(name) for numbers in heard.totals.values()] for name in _COUNTED
        }
        await self._db.execute(_KEEP, counting | columns | {"institution_id": list(heard.totals)})
        if heard.complete:
            await self._db.execute(_NOT_NAMED, counting)
            for statement in _OLD:
                await self._db.execute(statement, {"before": self._today - KEPT})
        return True

    async def counted(self, on: date) -> Mapping[str, Counted]:
        whole: dict[str, datetime] = {
            row.service: row.complete_as_of for row in await self._db.execute(_WHOLE, {"on_day": on})
        }
        totals: dict[str, dict[Any, dict[str, int]]] = {service: {} for service in whole}
        for row in await self._db.execute(_TOTALS, {"on_day": on}):
            if row.service in totals:
                numbers = row._asdict().items()
                totals[row.service][row.institution_id] = {
                    name: number for name, number in numbers if name in MEASURES and number is not None
                }
        return {service: Counted(as_of, totals[service]) for service, as_of in whole.items()}

    async def differences(self, on: date) -> Sequence[Difference]:
        return [Difference(**row._asdict()) for row in await self._db.execute(_DIFFERENCES, {"on_day": on})]

    async def save(self, on: date, differences: Sequence[Difference]) -> None:
        await self._db.execute(_NO_DIFFERENCES, {"on_day": on})
        columns: dict[str, list[Any]] = {
            name: [getattr(each, name) for each in differences] for name in _DIFFERENCE
        }
        await self._db.execute(_SAVE_DIFFERENCES, columns | {"on_day": on})
