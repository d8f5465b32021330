"""Totals are heard and compared."""

from outcomes.totals.commands import HearTotals
from outcomes.totals.domain import compare_again
from outcomes.totals.ports import TotalsUnitOfWork


async def hear_totals(command: HearTotals, uow: TotalsUnitOfWork) -> None:
    if not await uow.totals.keep(command) or not command.complete:
        return
    counted, known = await uow.totals.counted(command.on), await uow.totals.differences(command.on)
    await uow.totals.save(command.on, compare_again(counted, known, uow.now))
