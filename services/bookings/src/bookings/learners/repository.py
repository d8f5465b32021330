"""Learners and cohorts, each institution's by itself."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TextClause, text

from bookings.learners.domain import Cohort, Learner, LearnerErased, LearnerRecorded
from bookings.learners.publishing import publish
from shared.bus.transaction import Transaction
from shared.kernel import ConcurrentChange, NotFound

_LEARNER = """
    select learner_id, institution_id, given_name, family_name, birth_date, year_group, priority_flags,
           on_roll, heard_sequence as sequence, heard_at as received_at
    from learners
"""
_FIND = text(f"{_LEARNER} where institution_id = :institution_id and learner_id = :learner_id")
_OF_SOURCE = text(
    f"""
    {_LEARNER} join learner_sources using (institution_id, learner_id)
    where institution_id = :institution_id and source_key = :source_key
    """
)
_KEEP_SOURCE = text(
    """
    insert into learner_sources (institution_id, source_key, learner_id)
    values (:institution_id, :source_key, :learner_id)
    on conflict (institution_id, source_key) do update set learner_id = excluded.learner_id
    where learner_sources.learner_id <> excluded.learner_id
    """
)
_KEEP = text(
    "select from learners where institution_id = :institution_id and learner_id = :learner_id for update"
)
_SAVE = text(
    """
    insert into learners (institution_id, learner_id, given_name, family_name, birth_date, year_group,
      priority_flags, on_roll, heard_sequence, heard_at)
    values (:institution_id, :learner_id, :given_name, :family_name, :birth_date, :year_group,
      cast(:priority_flags as text[]), :on_roll, :sequence, :received_at)
    on conflict (institution_id, learner_id) do update
    set given_name = excluded.given_name, family_name = excluded.family_name,
        birth_date = excluded.birth_date, year_group = excluded.year_group,
        priority_flags = excluded.priority_flags, on_roll = excluded.on_roll,
        heard_sequence = excluded.heard_sequence, heard_at = excluded.heard_at
    """
)
# One version for a pupil wherever on roll: readers of the compacted topic keep the highest. A school
# that the pupil has left for another publishes no more.
_COUNT = text(
    """
    insert into pseudonyms as p (learner_id, institution_id, version, on_roll)
    values (:learner_id, :institution_id, 1, :on_roll)
    on conflict (learner_id) do update
    set institution_id = excluded.institution_id, version = p.version + 1, on_roll = excluded.on_roll
    where cast(:on_roll as boolean) or p.institution_id = excluded.institution_id
    returning version
    """
)
# The school that has the pupil still, or again, where the one that claimed them since says they left.
_RETURN = text(
    """
    update pseudonyms set institution_id = :institution_id, version = version + 1, on_roll = true
    where learner_id = :learner_id and institution_id <> :institution_id and not on_roll
    returning version
    """
)
_FORGET = [
    text("delete from learner_sources where institution_id = :institution_id and learner_id = :learner_id"),
    text("delete from cohort_members where institution_id = :institution_id and learner_id = :learner_id"),
    text("delete from learners where institution_id = :institution_id and learner_id = :learner_id"),
]
_FORGET_PSEUDONYM = text(
    """
    delete from pseudonyms where learner_id = :learner_id and institution_id = :institution_id
    returning version
    """
)
_ADD_COHORT = text(
    """
    insert into cohorts (institution_id, cohort_id, label, created_at)
    values (:institution_id, :cohort_id, :label, :now)
    """
)
_GET_COHORT = text(
    """
    select c.cohort_id, c.institution_id, c.label, c.version, array(
      select m.learner_id from cohort_members m join learners l using (institution_id, learner_id)
      where m.institution_id = c.institution_id and m.cohort_id = c.cohort_id and l.on_roll
      order by m.learner_id) as learner_ids
    from cohorts c where c.institution_id = :institution_id and c.cohort_id = :cohort_id
    """
)
_SAVE_COHORT = text(
    """
    update cohorts set label = :label, version = :version
    where institution_id = :institution_id and cohort_id = :cohort_id and version = :read_at
    """
)
_ADD_MEMBERS = text(
    """
    with added as (
      insert into cohort_members (institution_id, cohort_id, learner_id)
      select institution_id, :cohort_id, learner_id from learners
      where institution_id = :institution_id and learner_id = any (cast(:learner_ids as uuid[])) and on_roll
      returning true)
    select count(*) from added
    """
)
_MEMBERS = text(
    """
    select c.institution_id, c.cohort_id, l.learner_id
    from unnest(cast(:institution_ids as uuid[]), cast(:cohort_ids as uuid[])) as a(institution_id, cohort_id)
    join cohorts c using (institution_id, cohort_id)
    left join (cohort_members m join learners l using (institution_id, learner_id))
      on m.institution_id = c.institution_id and m.cohort_id = c.cohort_id and l.on_roll
    order by l.learner_id
    """
)


class LearnerRepository:
    """Learners by institution and pseudonym."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def find(self, institution_id: UUID, learner_id: UUID) -> Learner | None:
        values = {"institution_id": institution_id, "learner_id": learner_id}
        return await self._one(_FIND, values)

    async def of_source(self, institution_id: UUID, source_key: UUID) -> Learner | None:
        values = {"institution_id": institution_id, "source_key": source_key}
        return await self._one(_OF_SOURCE, values)

    async def _one(self, statement: TextClause, values: dict[str, UUID]) -> Learner | None:
        row = (await self._db.execute(statement, values)).one_or_none()
        if row is None:
            return None
        return Learner(**row._asdict() | {"priority_flags": tuple(row.priority_flags)})

    async def keep_source(self, institution_id: UUID, source_key: UUID, learner_id: UUID) -> None:
        values = {"institution_id": institution_id, "source_key": source_key, "learner_id": learner_id}
        await self._db.execute(_KEEP_SOURCE, values)

    async def save(self, learner: Learner) -> None:
        await self._db.execute(
            _SAVE,
            {
                "institution_id": learner.institution_id,
                "learner_id": learner.learner_id,
                "given_name": learner.given_name,
                "family_name": learner.family_name,
                "birth_date": learner.birth_date,
                "year_group": learner.year_group,
                "priority_flags": list(learner.priority_flags),
                "on_roll": learner.on_roll,
                "sequence": learner.sequence,
                "received_at": learner.received_at,
            },
        )
        if learner.take_events():
            await self._publish(learner.published_facts)
        elif learner.on_roll:
            await self._return(learner.published_facts)

    async def keep(self, learner: Learner) -> None:
        values = {"institution_id": learner.institution_id, "learner_id": learner.learner_id}
        await self._db.execute(_KEEP, values)

    async def erase(self, institution_id: UUID, learner_id: UUID) -> None:
        values = {"institution_id": institution_id, "learner_id": learner_id}
        for statement in _FORGET:
            await self._db.execute(statement, values)
        version = await self._db.scalar(_FORGET_PSEUDONYM, values)
        if version is not None:  # else another institution has the learner now, and answers for the pseudonym
            publish(self._transaction, LearnerErased(learner_id, institution_id), version + 1)

    async def _return(self, event: LearnerRecorded) -> None:
        values = {"learner_id": event.learner_id, "institution_id": event.institution_id}
        if (version := await self._db.scalar(_RETURN, values)) is not None:
            publish(self._transaction, event, version)

    async def _publish(self, event: LearnerRecorded) -> None:
        values = {
            "learner_id": event.learner_id,
            "institution_id": event.institution_id,
            "on_roll": event.on_roll,
        }
        if (version := await self._db.scalar(_COUNT, values)) is not None:
            publish(self._transaction, event, version)


class CohortRepository:
    """Cohorts and who is in them."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def add(self, cohort: Cohort, now: datetime) -> int:
        values = {"institution_id": cohort.institution_id, "cohort_id": cohort.cohort_id}
        await self._db.execute(_ADD_COHORT, values | {"label": cohort.label, "now": now})
        added = await self._db.scalar(_ADD_MEMBERS, values | {"learner_ids": list(cohort.learner_ids)})
        return int(added or 0)

    async def get(self, institution_id: UUID, cohort_id: UUID) -> Cohort:
        values = {"institution_id": institution_id, "cohort_id": cohort_id}
        row = (await self._db.execute(_GET_COHORT, values)).one_or_none()
        if row is None:
            raise NotFound("There is no such cohort, or it is not yours")
        return Cohort(**row._asdict() | {"learner_ids": tuple(row.learner_ids)})

    async def save(self, cohort: Cohort) -> None:
        happened = cohort.take_events()
        values = {
            "institution_id": cohort.institution_id,
            "cohort_id": cohort.cohort_id,
            "label": cohort.label,
            "version": cohort.version,
            "read_at": cohort.version - len(happened),
        }
        saved: Any = await self._db.execute(_SAVE_COHORT, values)
        if saved.rowcount != 1:
            raise ConcurrentChange
        for sequence, event in happened:
            publish(self._transaction, event, sequence)

    async def members_of(self, cohorts: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[UUID]]:
        if not cohorts:
            return {}
        values = {
            "institution_ids": [institution_id for institution_id, _ in cohorts],
            "cohort_ids": [cohort_id for _, cohort_id in cohorts],
        }
        members: dict[tuple[UUID, UUID], list[UUID]] = defaultdict(list)
        for institution_id, cohort_id, learner_id in await self._db.execute(_MEMBERS, values):
            members[institution_id, cohort_id] += [learner_id] if learner_id else []
        return dict(members)
