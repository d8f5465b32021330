"""Rosters kept, and their rows published."""

from dataclasses import asdict
from typing import cast
from uuid import UUID

from sqlalchemy import text

from integrations.rosters.domain.roster import Roster, RosterReceived
from integrations.rosters.publishing import contracts_of
from integrations.rosters.tables import RosterRow
from shared.bus.transaction import Transaction
from shared.persistence.rows import save_row

# Held to the commit: an institution's rosters are numbered, and published, in the order they commit.
_ONE_AT_A_TIME = text("select pg_advisory_xact_lock(hashtextextended('roster ' || :institution, 0))")
_NEXT_NUMBER = text("select coalesce(max(number), 0) + 1 from rosters where institution_id = :institution")


class RosterRepository:
    """Implements `Rosters`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def next_number(self, institution_id: UUID) -> int:
        db = self._transaction.db
        await db.execute(_ONE_AT_A_TIME, {"institution": str(institution_id)})
        return int(await db.scalar(_NEXT_NUMBER, {"institution": institution_id}) or 1)

    async def save(self, roster: Roster) -> None:
        row = RosterRow(
            roster_id=roster.id,
            institution_id=roster.institution_id,
            number=roster.number,
            kind=roster.kind,
            rows=roster.rows,
            accepted=roster.accepted,
            rejected=[asdict(fault) for fault in roster.rejected],
            warnings=[asdict(warning) for warning in roster.warnings],
            out_of_scope=[asdict(each) for each in roster.out_of_scope],
            received_at=roster.received_at,
            version=roster.version,
        )
        changes = roster.take_events()
        await save_row(self._transaction.db, row, changes=len(changes))
        for version, event in changes:
            for contract, sequence in contracts_of(cast("RosterReceived", event), version):
                self._transaction.publish(contract, sequence=sequence)
