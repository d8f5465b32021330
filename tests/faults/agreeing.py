"""Has every service count the days of a trial anew, and reads where outcomes finds that they differ."""

import asyncio
from datetime import date

from tests.faults.reading import Rows
from tests.infra.polling import eventually

COUNT = ("opportunities", "bookings", "safeguarding", "outcomes")
COUNTED_WITHIN = 60.0
# What was counted before is forgotten: services' clocks may have been apart then.
_FORGET = ("countings", "day_totals", "differences")
_AGAIN = """
    insert into day_counts (on_day, due_at) select unnest($1::date[]), '-infinity'
    on conflict (on_day) do update set due_at = excluded.due_at, as_of = null, after = null
"""
_WHOLE = "select on_day, service from countings where on_day = any ($1) and complete_as_of is not null"
_DIFFERENCES = """
    select on_day, measure, institution_id, service, number, other_service, other_number
    from differences where on_day = any ($1) order by 1, 2, 3
"""


async def disagreements(rows: Rows, sessions: list[str]) -> list[str]:
    """Where the control totals of these sessions' days differ, or who has not counted them."""
    query = "select distinct on_day from session_days where session_id = any ($1::uuid[]) order by 1"
    days: list[date] = [row[0] for row in await rows.ask("bookings", query, sessions)]
    for table in _FORGET:
        await rows.ask("outcomes", f"delete from {table} where on_day = any ($1)", days)
    await asyncio.gather(*(rows.ask(service, _AGAIN, days) for service in COUNT))

    async def missing() -> set[tuple[date, str]]:
        whole = {(row["on_day"], row["service"]) for row in await rows.ask("outcomes", _WHOLE, days)}
        return {(day, service) for day in days for service in COUNT} - whole

    async def counted() -> bool:
        return not await missing()

    try:
        await eventually(counted, within=COUNTED_WITHIN)
    except AssertionError:
        return [f"{day} was not counted by {service}" for day, service in sorted(await missing())]
    return [
        f"{row['on_day']} {row['measure']} of {row['institution_id']}: {row['service']} {row['number']}, "
        f"{row['other_service']} {row['other_number']}"
        for row in await rows.ask("outcomes", _DIFFERENCES, days)
    ]
