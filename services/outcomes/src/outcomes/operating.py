"""What an operator asks of this service alone: the days that were counted, and where services differ."""

import argparse
from datetime import date
from typing import Any
from uuid import UUID

from outcomes.totals.domain import WHOLE_DAY, CountedDay, Difference
from outcomes.totals.queries import TotalsQueries
from shared.process import Command
from shared.runtime import Service

MOST_DAYS, MOST_DIFFERENCES = 40, 500


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--day", type=date.fromisoformat, help="every difference of one day")
    parser.add_argument("--institution", type=UUID, help="of one institution alone")


async def show_totals(service: Service[Any], asked: argparse.Namespace) -> None:
    """Say of each day who has counted it and the first difference, or every difference of one day."""
    runtime = service.run()
    reads: TotalsQueries = runtime.reads[TotalsQueries]
    try:
        if asked.day is None:
            for day in await reads.days(asked.institution, None, MOST_DAYS):
                print(_of_day(day))  # noqa: T201 - the command's answer
        else:
            for each in await reads.differences(asked.day, asked.institution, None, MOST_DIFFERENCES):
                print(f"{_of_difference(each)}  {_when(each)}")  # noqa: T201 - the command's answer
    finally:
        await runtime.database.close()


def _of_day(day: CountedDay) -> str:
    missing = [service for service, as_of in day.as_of.items() if as_of is None]
    if day.first is not None:
        words = f"{day.found} found, first: {_of_difference(day.first)}"
    else:
        words = "no difference found"
    return f"{day.on}  {words}" + (f"  (not counted by {', '.join(missing)})" if missing else "")


def _of_difference(each: Difference) -> str:
    whose = "the whole day" if each.institution_id == WHOLE_DAY else f"institution {each.institution_id}"
    return (
        f"{each.measure} of {whose}: {each.service} {each.number}, {each.other_service} {each.other_number}"
    )


def _when(each: Difference) -> str:
    return f"found {each.found_at:%Y-%m-%d %H:%M}" if each.found_at else "seen once"


TOTALS = Command("totals", "what services counted, and where they differ", _arguments, show_totals)
