"""The queries about progress, as SQL under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from outcomes.ledger.domain.totals import Totals
from outcomes.progress.domain.counts import Slice, Tally
from outcomes.progress.queries import InstitutionCounts, LearnerProgress
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


class ProgressReads:
    """Answers from the running totals and counts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def counts(self, institution_id: UUID, key_stage: str) -> InstitutionCounts:
        asked = {"institution_id": institution_id, "key_stage": key_stage}
        async with reading(self._database, {institution_id}) as db:
            progress = (await db.execute(_PROGRESS, asked)).all()
            denials = (await db.execute(_DENIALS, asked)).all()
        return InstitutionCounts(
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
        async with reading(self._database, {institution_id}) as db:
            rows = (await db.execute(_LEARNERS, asked)).all()
        return [
            LearnerProgress(row.learner_id, row.year_group, Totals(row.minutes, row.in_person, row.placement))
            for row in rows
        ]
