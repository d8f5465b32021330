"""Where each learner is, which institutions see the learner's account, and who was forgotten, as rows."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from sqlalchemy import text

from outcomes.copies.domain import BookedIn
from outcomes.ledger.commands import EnrolLearner
from outcomes.registers.domain import LearnerDay
from shared.bus.transaction import Transaction
from shared.kernel import new_id

_REMEMBERED = text(
    """
    select digest from unnest(cast(:digests as bytea[])) as named (digest)
    where not exists (select from erasures where learner_digest = digest)
    """
)
_OPEN_ACCOUNTS = text(
    """
    insert into accounts (learner_id, account_id, institution_id, entries, sequence)
    select *, 0, 0
    from unnest(cast(:learner_ids as uuid[]), cast(:account_ids as uuid[]), cast(:institution_ids as uuid[]))
    on conflict do nothing
    """
)
_OPEN_LEARNERS = text(
    """
    with opened as (
      insert into learners (institution_id, learner_id)
      select * from unnest(cast(:institution_ids as uuid[]), cast(:learner_ids as uuid[]))
      on conflict do nothing returning institution_id, learner_id
    )
    insert into enrolments (institution_id, learner_id)
    select institution_id, learner_id from opened on conflict do nothing
    """
)
_BOOKED_AT = text(
    """
    insert into enrolments (institution_id, learner_id)
    select cast(:institution_id as uuid), * from unnest(cast(:learner_ids as uuid[]))
    on conflict do nothing
    """
)
_MOVE = text(
    """
    with before as (select institution_id from accounts where learner_id = :learner_id for update)
    update accounts set institution_id = :institution_id, sequence = :sequence
    from before where learner_id = :learner_id and sequence < :sequence
    returning before.institution_id as came_from
    """
)
_TO_CLOSE = text(
    """
    update enrolments set to_close = institution_id <> :institution_id
    where learner_id = :learner_id and institution_id in (:institution_id, :came_from)
    """
)
_CLOSED = text(
    """
    update enrolments set to_close = false
    where learner_id = :learner_id and institution_id = :institution_id
    """
)
_NEXT_TO_CLOSE = text(
    """
    select institution_id from enrolments where learner_id = :learner_id and to_close
    order by institution_id limit 1
    """
)
_REMEMBER_ERASURE = text(
    """
    insert into erasures (learner_digest, erased_at) values (:learner_digest, :erased_at)
    on conflict do nothing
    """
)
_FORGET = text("delete from accounts where learner_id = :learner_id")
_FORGET_ENROLMENT = text(
    "delete from enrolments where learner_id = :learner_id and institution_id = :institution_id"
)
_FORGET_ELSEWHERE = text("update enrolments set to_close = true where learner_id = :learner_id")


class EnrolmentRepository:
    """The enrolments of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._db = transaction.db

    async def remembered(self, learner_ids: Collection[UUID]) -> set[UUID]:
        digests = {_digest(learner_id): learner_id for learner_id in learner_ids}
        found = await self._db.scalars(_REMEMBERED, {"digests": list(digests)})
        return {digests[digest] for digest in found}

    async def open_accounts(self, bookings: Sequence[BookedIn]) -> None:
        await self._open_accounts(
            sorted({(learner, each.institution_id) for each in bookings for learner in each.learner_ids})
        )

    async def open(self, learners: Iterable[LearnerDay]) -> None:
        opened = sorted({(each.learner_id, each.institution_id) for each in learners})
        if not opened:
            return
        await self._open_accounts(opened)
        await self._db.execute(
            _OPEN_LEARNERS,
            {"institution_ids": [each for _, each in opened], "learner_ids": [each for each, _ in opened]},
        )

    async def move(self, command: EnrolLearner) -> UUID | None:
        await self.open([LearnerDay(command.institution_id, command.learner_id)])
        came_from: UUID | None = await self._db.scalar(
            _MOVE,
            {
                "learner_id": command.learner_id,
                "institution_id": command.institution_id,
                "sequence": command.sequence,
            },
        )
        if came_from is not None:
            moved = {"learner_id": command.learner_id, "institution_id": command.institution_id}
            await self._db.execute(_TO_CLOSE, moved | {"came_from": came_from})
        return came_from

    async def booked(self, institution_id: UUID, learner_ids: Collection[UUID]) -> set[UUID]:
        remembered = await self.remembered(learner_ids)
        values = {"institution_id": institution_id, "learner_ids": sorted(remembered)}
        await self._db.execute(_BOOKED_AT, values)
        return remembered

    async def closed(self, learner_id: UUID, institution_id: UUID) -> UUID | None:
        values = {"learner_id": learner_id, "institution_id": institution_id}
        await self._db.execute(_CLOSED, values)
        return await self._next_to_close(learner_id)

    async def forgotten(self, learner_id: UUID, institution_id: UUID) -> UUID | None:
        values = {"learner_id": learner_id, "institution_id": institution_id}
        await self._db.execute(_FORGET_ENROLMENT, values)
        return await self._next_to_close(learner_id)

    async def _next_to_close(self, learner_id: UUID) -> UUID | None:
        found: UUID | None = await self._db.scalar(_NEXT_TO_CLOSE, {"learner_id": learner_id})
        return found

    async def forget(self, learner_id: UUID) -> None:
        await self._db.execute(_FORGET_ELSEWHERE, {"learner_id": learner_id})
        erasure = {"learner_digest": _digest(learner_id), "erased_at": self._transaction.now}
        await self._db.execute(_REMEMBER_ERASURE, erasure)
        await self._db.execute(_FORGET, {"learner_id": learner_id})

    async def _open_accounts(self, learners: Sequence[tuple[UUID, UUID]]) -> None:
        # The learners come in one order, so that two transactions never wait for each other.
        await self._db.execute(
            _OPEN_ACCOUNTS,
            {
                "learner_ids": [each for each, _ in learners],
                "account_ids": [new_id() for _ in learners],
                "institution_ids": [each for _, each in learners],
            },
        )


def _digest(learner_id: UUID) -> bytes:
    # A pseudonym is 122 bits of chance or of a keyed hash: nobody finds it from its digest.
    return hashlib.sha256(learner_id.bytes).digest()
