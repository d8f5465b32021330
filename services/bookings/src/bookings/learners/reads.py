"""Queries on learners and cohorts, each one read-only transaction under row-level security."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from bookings.learners.queries import ListedCohort, ListedLearner, RosterProgress
from shared.kernel import NotFound
from shared.persistence.database import Database
from shared.persistence.reading import reading

_LEARNERS = text(
    """
    select learner_id as id, given_name, family_name, year_group, priority_flags, on_roll from learners
    where institution_id = :institution_id and on_roll
      and learner_id > coalesce(cast(:after as uuid), '00000000-0000-0000-0000-000000000000')
      and (cast(:year_group as smallint) is null or year_group = :year_group)
      and (cast(:priority as text) is null or :priority = any (priority_flags))
    order by learner_id limit :limit
    """
)
_LEARNER = text(
    """
    select learner_id as id, given_name, family_name, year_group, priority_flags, on_roll from learners
    where institution_id = :institution_id and learner_id = :learner_id
    """
)
_ROSTER = text(
    """
    select count(*) as rows, count(failure) as failed from roster_rows
    where institution_id = :institution_id and roster_id = :roster_id
    """
)
_FAILURES = text(
    """
    select row_number, failure from roster_rows
    where institution_id = :institution_id and roster_id = :roster_id and failure is not null
    order by row_number limit 100
    """
)
_COHORTS = text(
    """
    select c.cohort_id as id, c.label, count(l.learner_id) as learners, c.created_at from cohorts c
    left join (cohort_members m join learners l using (institution_id, learner_id))
      on m.institution_id = c.institution_id and m.cohort_id = c.cohort_id and l.on_roll
    where c.institution_id = :institution_id
      and c.cohort_id > coalesce(cast(:after as uuid), '00000000-0000-0000-0000-000000000000')
      and (cast(:cohort_id as uuid) is null or c.cohort_id = :cohort_id)
    group by c.institution_id, c.cohort_id order by c.cohort_id limit :limit
    """
)
_MEMBERS = text(
    """
    select m.learner_id from cohort_members m join learners l using (institution_id, learner_id)
    where m.institution_id = :institution_id and m.cohort_id = :cohort_id and l.on_roll order by m.learner_id
    """
)


class LearnerReads:
    """Answers from the tables of learners, rosters and cohorts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def learners(
        self,
        institution_id: UUID,
        year_group: int | None,
        priority: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[ListedLearner]:
        values = {
            "institution_id": institution_id,
            "year_group": year_group,
            "priority": priority,
            "after": after,
            "limit": limit,
        }
        async with reading(self._database, [institution_id]) as db:
            return [ListedLearner(**row._asdict()) for row in await db.execute(_LEARNERS, values)]

    async def learner(self, institution_id: UUID, learner_id: UUID) -> ListedLearner:
        values = {"institution_id": institution_id, "learner_id": learner_id}
        async with reading(self._database, [institution_id]) as db:
            row = (await db.execute(_LEARNER, values)).one_or_none()
        if row is None:
            raise NotFound("There is no such learner on your roll")
        return ListedLearner(**row._asdict())

    async def roster(self, institution_id: UUID, roster_id: UUID) -> RosterProgress:
        values = {"institution_id": institution_id, "roster_id": roster_id}
        async with reading(self._database, [institution_id]) as db:
            counted = (await db.execute(_ROSTER, values)).one()
            failures = [(row.row_number, row.failure) for row in await db.execute(_FAILURES, values)]
        if not counted.rows:
            raise NotFound("No row of such a roster has come yet")
        return RosterProgress(roster_id, counted.rows - counted.failed, counted.failed, failures)

    async def cohorts(self, institution_id: UUID, after: UUID | None, limit: int) -> Sequence[ListedCohort]:
        values = {"institution_id": institution_id, "after": after, "limit": limit, "cohort_id": None}
        async with reading(self._database, [institution_id]) as db:
            return [ListedCohort(**row._asdict()) for row in await db.execute(_COHORTS, values)]

    async def cohort(self, institution_id: UUID, cohort_id: UUID) -> tuple[ListedCohort, Sequence[UUID]]:
        values = {"institution_id": institution_id, "cohort_id": cohort_id}
        async with reading(self._database, [institution_id]) as db:
            rows = await db.execute(_COHORTS, values | {"after": None, "limit": 1})
            row = rows.one_or_none()
            members = list(await db.scalars(_MEMBERS, values))
        if row is None:
            raise NotFound("There is no such cohort, or it is not yours")
        return ListedCohort(**row._asdict()), members
