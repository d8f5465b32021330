"""The queries, as SQL under row-level security."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import text

from outcomes.adapters.rulebook import shipped_rules
from outcomes.application.queries import (
    Assessed,
    Counts,
    LearnerProgress,
    Ledger,
    LedgerEntry,
)
from outcomes.domain.counting import Rules
from outcomes.domain.progress import Slice, Tally, Totals
from shared.persistence.database import Database
from shared.persistence.reading import reading

_PROGRESS = text(
    """
    select priority_group, band, learners, minutes, met from progress_counts
    where institution_id = :institution_id and key_stage = :key_stage and learners > 0
    """
)
_DENIALS = text(
    """
    select code, learner_days, minutes from denial_counts
    where institution_id = :institution_id and key_stage = :key_stage and learner_days > 0
    """
)
_LEARNERS = text(
    """
    select l.learner_id, l.year_group, coalesce(t.minutes, 0) as minutes,
           coalesce(t.in_person_minutes, 0) as in_person, coalesce(t.placement_minutes, 0) as placement
    from learners l
    left join learner_totals t on t.institution_id = l.institution_id
      and t.learner_id = l.learner_id and t.key_stage = :key_stage
    where l.institution_id = :institution_id and l.on_roll and l.year_group = any (:years)
      and (cast(:after as uuid) is null or l.learner_id > :after)
    order by l.learner_id limit :limit
    """
)
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


class OutcomesReads:
    """Answers from the running totals and counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def rules_on(self, day: date) -> Rules:
        return shipped_rules().on(day)

    async def counts(self, institution_id: UUID, key_stage: str) -> Counts:
        asked = {"institution_id": institution_id, "key_stage": key_stage}
        async with reading(self._database, {institution_id}) as session:
            progress = (await session.execute(_PROGRESS, asked)).all()
            denials = (await session.execute(_DENIALS, asked)).all()
        return Counts(
            {
                Slice(key_stage, row.priority_group, row.band): Tally(row.learners, row.minutes, row.met)
                for row in progress
            },
            {row.code: Tally(row.learner_days, row.minutes) for row in denials},
        )

    async def learners(
        self,
        institution_id: UUID,
        key_stage: str,
        years: Sequence[int],
        after: UUID | None,
        limit: int,
    ) -> Sequence[LearnerProgress]:
        asked = {
            "institution_id": institution_id,
            "key_stage": key_stage,
            "years": list(years),
            "after": after,
            "limit": limit,
        }
        async with reading(self._database, {institution_id}) as session:
            rows = (await session.execute(_LEARNERS, asked)).all()
        return [
            LearnerProgress(row.learner_id, row.year_group, Totals(row.minutes, row.in_person, row.placement))
            for row in rows
        ]

    async def ledger(
        self, institution_id: UUID, learner_id: UUID, before: int | None, limit: int
    ) -> Ledger | None:
        asked = {"institution_id": institution_id, "learner_id": learner_id}
        async with reading(self._database, {institution_id}) as session:
            account = (await session.execute(_ACCOUNT, asked)).one_or_none()
            if account is None:
                return None
            of = {"account_id": account.account_id, "before": before, "limit": limit}
            rows = (await session.execute(_ENTRIES, of)).all()
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
        async with reading(self._database, {institution_id}) as session:
            rows = (await session.execute(_ASSESSMENT, asked)).all()
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
