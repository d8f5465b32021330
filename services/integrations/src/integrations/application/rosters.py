"""Rosters in: read and sealed before the transaction, taken in within it."""

import asyncio
from uuid import UUID

from integrations.application.commands import ReceiveRoster
from integrations.application.ports import Sealer, UnitOfWork
from integrations.domain import oneroster
from integrations.domain.rosters import Roster
from shared.kernel import Clock, new_id


class Intake:
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
            return ReceiveRoster(new_id(), institution_id, reading.kind, reading.rows, sealed, reading.faults)

        return await asyncio.to_thread(read_and_seal)


async def receive_roster(command: ReceiveRoster, uow: UnitOfWork) -> Roster:
    number = await uow.rosters.next_number(command.institution_id)
    roster = Roster.receive(
        command.roster_id,
        command.institution_id,
        number,
        command.kind,
        command.rows,
        command.sealed,
        command.faults,
        uow.now,
    )
    await uow.rosters.save(roster)
    return roster
