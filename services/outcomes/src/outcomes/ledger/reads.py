"""The queries about the ledger, as SQL under row-level security."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text

from outcomes.ledger.domain.totals import Totals
from outcomes.ledger.queries import Assessed, Ledger, LedgerEntry
from shared.persistence.database import Database
from shared.persistence.reading import reading

_ACCOUNT = text(
    """
    select a.account_id,
           (select jsonb_object_agg(
              key_stage, jsonb_build_array(minutes, in_person_minutes, placement_minutes))
            from learner_totals t
            where t.institution_id = l.institution_id and t.learner_id = l.learner_id) as totals
    from learners l join accounts a on a.learner_id = l.learner_id
    where l.institution_id = :institution_id and l.learner_id = :learner_id
    """
)
_ENTRIES = text(
    """
    select * from ledger_entries
    where account_id = :account_id and (cast(:before as integer) is null or sequence < :before)
    order by sequence desc limit :limit
    """
)
_ASSESSMENT = text(
    """
    select * from standings
    where institution_id = :institution_id and session_id = :session_id
      and (cast(:learner_id as uuid) is null or learner_id = :learner_id)
      and (cast(:after_learner as uuid) is null
           or (learner_id, on_day, booking_id) > (:after_learner, cast(:after_day as date), :after_booking))
    order by learner_id, on_day, booking_id limit :limit
    """
)


class LedgerReads:
    """Answers from entries, totals and assessments as they were saved."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ledger(
        self, institution_id: UUID, learner_id: UUID, before: int | None, limit: int
    ) -> Ledger | None:
        asked = {"institution_id": institution_id, "learner_id": learner_id}
        async with reading(self._database, {institution_id}) as db:
            account = (await db.execute(_ACCOUNT, asked)).one_or_none()
            if account is None:
                return None
            of = {"account_id": account.account_id, "before": before, "limit": limit}
            rows = (await db.execute(_ENTRIES, of)).all()
        entries = [_entry(row) for row in rows]
        return Ledger({stage: Totals(*each) for stage, each in (account.totals or {}).items()}, entries)

    async def assessment(
        self,
        institution_id: UUID,
        session_id: UUID,
        learner_id: UUID | None,
        after: tuple[UUID, date, UUID] | None,
        limit: int,
    ) -> Sequence[Assessed]:
        after_learner, after_day, after_booking = after or (None, None, None)
        asked = {
            "institution_id": institution_id,
            "session_id": session_id,
            "learner_id": learner_id,
            "after_learner": after_learner,
            "after_day": after_day,
            "after_booking": after_booking,
            "limit": limit,
        }
        async with reading(self._database, {institution_id}) as db:
            rows = (await db.execute(_ASSESSMENT, asked)).all()
        return [
            Assessed(
                row.learner_id,
                row.on_day,
                row.booking_id,
                row.attended_minutes,
                row.credited_minutes,
                row.key_stage,
                row.missing,
                row.reason_codes,
            )
            for row in rows
        ]


def _entry(row: object) -> LedgerEntry:
    members = {name: getattr(row, name) for name in LedgerEntry.__slots__ if name != "on"}
    return LedgerEntry(on=row.on_day, **members)  # type: ignore[attr-defined]
