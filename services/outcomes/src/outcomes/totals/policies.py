"""What a service counted, and the command it leads to."""

from outcomes.totals.commands import HearTotals
from outcomes.totals.domain import WHOLE_DAY
from outcomes.totals.handlers import hear_totals
from outcomes.totals.ports import TotalsUnitOfWork
from shared.contracts.contract import service_of
from shared.contracts.envelope import Event
from shared.contracts.totals import TotalsCounted
from shared.messaging.policy import Instruction


def when_totals_are_counted_compare_them(event: Event[TotalsCounted]) -> Instruction[TotalsUnitOfWork]:
    """A service counted a day, or a part of it."""
    said = event.data
    totals = {
        each.institution_id or WHOLE_DAY: each.model_dump(exclude={"institution_id"}, exclude_none=True)
        for each in said.totals
    }
    command = HearTotals(service_of(said.topic), said.on, said.as_of, totals, said.complete)
    return Instruction(hear_totals, command)
