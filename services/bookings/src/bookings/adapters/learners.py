"""Learners and cohorts kept, each institution's for itself."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import text

from bookings.application.ports import Asked
from bookings.domain.eligibility import Candidate
from bookings.domain.learners import Learner
from shared.bus.transaction import Transaction
from shared.contracts.bookings import LearnerErased, LearnerRecorded

_FIND = text(
    """
    select learner_id, institution_id, given_name, family_name, birth_date, year_group, priority_flags,
           on_roll, heard_at
    from learners where institution_id = :institution_id and learner_id = :learner_id
    """
)
_CANDIDATES = text(
    """
    select a.position, l.learner_id, l.year_group, l.birth_date,
      exists (select from booking_learners b
              where b.institution_id = l.institution_id and b.session_id = a.session_id
                and b.learner_id = l.learner_id and b.live) as booked,
      exists (select from learner_days d join session_days s on s.during && d.during
              where s.session_id = a.session_id and d.institution_id = l.institution_id
                and d.learner_id = l.learner_id) as busy
    from unnest(cast(:positions as int[]), cast(:institution_ids as uuid[]), cast(:session_ids as uuid[]),
                cast(:learner_ids as uuid[])) as a(position, institution_id, session_id, learner_id)
    join learners l using (institution_id, learner_id)
    where l.on_roll order by a.position, l.learner_id
    """
)
_SAVE = text(
    """
    insert into learners (institution_id, learner_id, given_name, family_name, birth_date, year_group,
      priority_flags, on_roll, heard_at)
    values (:institution_id, :learner_id, :given_name, :family_name, :birth_date, :year_group,
      cast(:priority_flags as text[]), :on_roll, :heard_at)
    on conflict (institution_id, learner_id) do update
    set given_name = excluded.given_name, family_name = excluded.family_name,
        birth_date = excluded.birth_date, year_group = excluded.year_group,
        priority_flags = excluded.priority_flags, on_roll = excluded.on_roll, heard_at = excluded.heard_at
    """
)
# One count for a pupil wherever on roll: readers of the compacted topic keep the highest.
_COUNT = text(
    """
    insert into pseudonyms as p (learner_id, institution_id, version) values (:learner_id, :institution_id, 1)
    on conflict (learner_id) do update set institution_id = excluded.institution_id, version = p.version + 1
    where cast(:on_roll as boolean) or p.institution_id = excluded.institution_id
    returning version
    """
)
# Keys among them see to it that nothing of a learner outlives the learner: attendance goes with the
# booking's line, and the learner's row cannot go before its last mention.
_FORGET = [
    text("delete from booking_learners where institution_id = :institution_id and learner_id = :learner_id"),
    text("delete from cohort_members where institution_id = :institution_id and learner_id = :learner_id"),
    text("delete from learners where institution_id = :institution_id and learner_id = :learner_id"),
]
_FORGET_INPUT = text(
    """
    update bookings b set decision = b.decision #- array['inputs', 'learners', cast(:learner_id as text)]
    where b.institution_id = :institution_id and b.booking_id in (
      select booking_id from booking_learners
      where institution_id = :institution_id and learner_id = cast(cast(:learner_id as text) as uuid))
    """
)
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
        row = (await self._db.execute(_FIND, values)).one_or_none()
        if row is None:
            return None
        return Learner(**row._asdict() | {"priority_flags": tuple(row.priority_flags)})

    async def candidates(self, asked: Sequence[Asked]) -> list[list[Candidate]]:
        if not asked:
            return []
        pairs = [(position, each, id_) for position, each in enumerate(asked) for id_ in each.learner_ids]
        rows = await self._db.execute(
            _CANDIDATES,
            {
                "positions": [position for position, _, _ in pairs],
                "institution_ids": [each.institution_id for _, each, _ in pairs],
                "session_ids": [each.session_id for _, each, _ in pairs],
                "learner_ids": [learner_id for _, _, learner_id in pairs],
            },
        )
        found: list[list[Candidate]] = [[] for _ in asked]
        for position, *facts in rows:
            found[position].append(Candidate(*facts))
        return found

    async def save(self, learner: Learner) -> None:
        values = asdict(learner) | {"priority_flags": list(learner.priority_flags)}
        await self._db.execute(_SAVE, values)

    async def announce(self, learner: Learner) -> None:
        values = {
            "learner_id": learner.learner_id,
            "institution_id": learner.institution_id,
            "on_roll": learner.on_roll,
        }
        if (sequence := await self._db.scalar(_COUNT, values)) is None:
            return
        told = LearnerRecorded(
            learner_id=learner.learner_id,
            institution_id=learner.institution_id,
            year_group=learner.year_group,
            priority_flags=list(learner.priority_flags),
            on_roll=learner.on_roll,
        )
        self._transaction.publish(told, sequence=sequence)

    async def erase(self, institution_id: UUID, learner_id: UUID) -> None:
        values = {"institution_id": institution_id, "learner_id": learner_id}
        await self._db.execute(_FORGET_INPUT, values | {"learner_id": str(learner_id)})
        for statement in _FORGET:
            await self._db.execute(statement, values)
        version = await self._db.scalar(_FORGET_PSEUDONYM, values)
        if version is None:  # another institution has the learner now, and answers for the pseudonym
            return
        self._transaction.erase(LearnerRecorded, learner_id)
        erased = LearnerErased(learner_id=learner_id, institution_id=institution_id)
        self._transaction.publish(erased, sequence=version + 1)


class CohortRepository:
    """Cohorts and who is in them."""

    def __init__(self, transaction: Transaction) -> None:
        self._db = transaction.db

    async def add(
        self, institution_id: UUID, cohort_id: UUID, label: str, learner_ids: Sequence[UUID], now: datetime
    ) -> int:
        values = {"institution_id": institution_id, "cohort_id": cohort_id}
        await self._db.execute(_ADD_COHORT, values | {"label": label, "now": now})
        added = await self._db.scalar(_ADD_MEMBERS, values | {"learner_ids": list(learner_ids)})
        return int(added or 0)

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
