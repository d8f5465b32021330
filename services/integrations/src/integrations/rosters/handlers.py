"""A roster is read and sealed before the transaction, and received within it."""

import asyncio
from uuid import UUID

from integrations.rosters.commands import ReceiveRoster
from integrations.rosters.domain import oneroster
from integrations.rosters.domain.roster import Roster
from integrations.rosters.ports import RostersUnitOfWork, Sealer
from shared.kernel import Clock, new_id


class RosterIntake:
    """Turns a partner's file into a command that holds nothing personal in the clear."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def prepare(self, institution_id: UUID, body: bytes, clock: Clock) -> ReceiveRoster:
        """Read and seal a OneRoster zip, in a thread: a large school's takes most of a second.

        Raises `RosterUnreadable`.
        """
        today = clock.today()

        def read_and_seal() -> ReceiveRoster:
            reading = oneroster.read(body, today)
            sealed = self._sealer.seal(institution_id, reading.learners)
            return ReceiveRoster(
                new_id(),
                institution_id,
                reading.kind,
                reading.rows,
                sealed,
                tuple(reading.faults),
                tuple(reading.warnings),
                reading.out_of_scope,
            )

        return await asyncio.to_thread(read_and_seal)


async def receive_roster(command: ReceiveRoster, uow: RostersUnitOfWork) -> Roster:
    number = await uow.rosters.next_number(command.institution_id)
    roster = Roster.receive(
        command.roster_id,
        command.institution_id,
        number,
        command.kind,
        command.rows,
        command.sealed,
        command.faults,
        command.warnings,
        command.out_of_scope,
        uow.now,
    )
    await uow.rosters.save(roster)
    return roster
