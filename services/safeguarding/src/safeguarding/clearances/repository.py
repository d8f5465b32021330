"""Clearances to rows and back, with the days on which their adults supervise."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, select, text
from sqlmodel import col

from safeguarding.clearances.domain.clearance import CaseChanged, Clearance, ClearanceDecided
from safeguarding.clearances.domain.clearance_rules import Case
from safeguarding.clearances.publishing import publish
from safeguarding.clearances.tables import ClearanceRow
from shared.bus.transaction import Transaction
from shared.kernel import NotFound
from shared.persistence.rows import save_row

CASE: TypeAdapter[Case] = TypeAdapter(Case)
_NO_DAYS = text("delete from supervised_days where booking_id = :booking_id")
_DAYS = text(
    """
    insert into supervised_days (provider_id, supervisor_id, on_day, booking_id, institution_id, site_id)
    select :provider_id, r.supervisor_id, r.on_day, :booking_id, :institution_id, :site_id
    from unnest(cast(:supervisor_ids as uuid[]), cast(:days as date[])) as r(supervisor_id, on_day)
    """
)
_KEEP_EARLIER = text(
    """
    insert into superseded_decisions (booking_id, version, institution_id, provider_id, state, rule_version,
      reason_codes, inputs, decided_by, decided_at)
    select booking_id, version, institution_id, provider_id, state, rule_version,
      reason_codes, inputs, decided_by, decided_at
    from clearances where booking_id = :booking_id and version = :version
    """
)
# The version moves, so that who has read the pseudonym and saves later fails, and reads it no more.
_FORGET = text(
    """
    update clearances set under_16_learners = array_remove(under_16_learners, :learner_id),
      version = version + 1
    where institution_id = :institution_id and :learner_id = any (under_16_learners)
    """
)


class ClearanceRepository:
    """Stores clearances and the days on which their adults supervise."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def of_booking(self, booking_id: UUID) -> Clearance | None:
        row = await self._db.scalar(select(ClearanceRow).where(col(ClearanceRow.booking_id) == booking_id))
        return clearance_of(row) if row else None

    async def of_provider(self, clearance_id: UUID, provider_id: UUID) -> Clearance:
        return await self._get(clearance_id, col(ClearanceRow.provider_id) == provider_id)

    async def get(self, clearance_id: UUID, institutions: Iterable[UUID]) -> Clearance:
        return await self._get(clearance_id, col(ClearanceRow.institution_id).in_(list(institutions)))

    async def save(self, clearance: Clearance) -> None:
        changes = clearance.take_events()
        if not changes:
            return
        read_at = clearance.version - len(changes)
        if read_at and any(isinstance(each, ClearanceDecided | CaseChanged) for _, each in changes):
            await self._db.execute(_KEEP_EARLIER, {"booking_id": clearance.booking_id, "version": read_at})
        await save_row(self._db, self._row(clearance), changes=len(changes))
        if read_at:
            await self._db.execute(_NO_DAYS, {"booking_id": clearance.booking_id})
        if days := sorted(clearance.supervised_days()):
            values = {
                "provider_id": clearance.provider_id,
                "booking_id": clearance.booking_id,
                "institution_id": clearance.institution_id,
                "site_id": clearance.case.site_id,
                "supervisor_ids": [supervisor for supervisor, _ in days],
                "days": [day for _, day in days],
            }
            await self._db.execute(_DAYS, values)
        publish(self._transaction, changes)

    async def forget_learner(self, learner_id: UUID, institution_id: UUID) -> None:
        await self._db.execute(_FORGET, {"learner_id": learner_id, "institution_id": institution_id})

    async def _get(self, clearance_id: UUID, party: ColumnElement[bool]) -> Clearance:
        row = await self._db.scalar(
            select(ClearanceRow).where(col(ClearanceRow.clearance_id) == clearance_id, party)
        )
        if row is None:
            raise NotFound("There is no such clearance, or it is not yours to decide")
        return clearance_of(row)

    def _row(self, clearance: Clearance) -> ClearanceRow:
        return ClearanceRow(
            clearance_id=clearance.id,
            booking_id=clearance.booking_id,
            session_id=clearance.session_id,
            institution_id=clearance.institution_id,
            provider_id=clearance.provider_id,
            state=clearance.state,
            rule_version=clearance.rule_version,
            reason_codes=list(clearance.reason_codes),
            inputs=CASE.dump_python(clearance.case, mode="json"),
            under_16_learners=sorted(clearance.under_16_learners),
            decided_by=clearance.decided_by,
            decided_at=clearance.decided_at,
            version=clearance.version,
        )


def clearance_of(row: Any) -> Clearance:
    """A row as the clearance it stores."""
    return Clearance(
        row.clearance_id,
        row.booking_id,
        row.session_id,
        row.institution_id,
        row.provider_id,
        CASE.validate_python(row.inputs),
        frozenset(row.under_16_learners),
        row.state,
        row.rule_version,
        tuple(row.reason_codes),
        row.decided_at,
        row.decided_by,
        version=row.version,
    )
