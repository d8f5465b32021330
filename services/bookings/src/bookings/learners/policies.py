"""A roster's row comes from `integrations`."""

from bookings.learners import handlers
from bookings.learners.commands import ApplyRosterRow
from bookings.learners.ports import RosterUnitOfWork
from shared.contracts.envelope import Event
from shared.contracts.integrations import RosterRowReceived
from shared.messaging.policy import Instruction, for_tenants


def when_roster_row_received_apply(event: Event[RosterRowReceived]) -> Instruction[RosterUnitOfWork]:
    data = event.data
    command = ApplyRosterRow(
        data.institution_id, data.roster_id, data.row, data.sealed, received_at=event.time
    )
    return Instruction(handlers.apply_roster_row, command, for_tenants(data.institution_id))
