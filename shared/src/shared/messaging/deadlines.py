"""Deadlines as rows: claimed in batches by any number of workers, finished, or moved away when they fail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from shared.messaging.policy import Due
from shared.persistence.database import Database

# How long a claim lasts. A worker that takes longer does no harm: the inbox lets a wait take effect once.
LEASE = timedelta(seconds=15)
FIRST_REST, LONGEST_REST = timedelta(seconds=5), timedelta(hours=1)
MAX_ATTEMPTS = 15  # about five hours, with the rests between them

# For each name its oldest, so that no name keeps another waiting; those that failed before have a share of
# their own, so that however many fail for good, the others are reached. Both lists walk an index of theirs.
# A row of an earlier release has no `try_at` of its own: `due_at` is looked at as well.
_CLAIM = text(
    """
    with fresh as (
      select d.name, d.subject_id from unnest(cast(:names as text[])) as n (name)
      cross join lateral (
        select name, subject_id from deadlines
        where name = n.name and attempts = 0 and try_at <= :now and due_at <= :now
        order by try_at limit :fresh for update skip locked) as d
    ), failed as (
      select d.name, d.subject_id from unnest(cast(:names as text[])) as n (name)
      cross join lateral (
        select name, subject_id from deadlines
        where name = n.name and attempts > 0 and dead_at is null and try_at <= :now and due_at <= :now
        order by try_at limit :failed for update skip locked) as d
    )
    update deadlines d set try_at = :lease_ends
    from (select * from fresh union all select * from failed) as due
    where d.name = due.name and d.subject_id = due.subject_id
    returning d.name, d.subject_id, d.tenant_id, d.due_at, d.wait_id, d.attempts
    """
)
_FINISH = text(
    """
    delete from deadlines d
    using unnest(cast(:names as text[]), cast(:subject_ids as uuid[]), cast(:wait_ids as uuid[]))
      as met (name, subject_id, wait_id)
    where d.name = met.name and d.subject_id = met.subject_id and d.wait_id = met.wait_id
    """
)
_FAIL = text(
    """
    update deadlines d set attempts = d.attempts + 1, try_at = failed.try_at,
      dead_at = case when d.attempts + 1 >= :max_attempts then cast(:now as timestamptz) end
    from unnest(cast(:names as text[]), cast(:subject_ids as uuid[]), cast(:wait_ids as uuid[]),
                cast(:try_ats as timestamptz[])) as failed (name, subject_id, wait_id, try_at)
    where d.name = failed.name and d.subject_id = failed.subject_id and d.wait_id = failed.wait_id
    """
)
_DEAD = text("select name, count(*) as dead from deadlines where dead_at is not null group by name")
_OLDEST = text(
    """
    select n.name, oldest.due_at
    from unnest(cast(:names as text[])) as n (name)
    cross join lateral (
      select due_at from deadlines where name = n.name and attempts = 0 order by try_at limit 1) as oldest
    """
)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A deadline that has passed and is this worker's until its lease ends; `attempts` failed before."""

    due: Due
    attempts: int


def rest_after(attempts: int, jitter: float) -> timedelta:
    """How long a deadline rests after its `attempts`-th failure; `jitter` (0 to 1) adds up to a fifth."""
    rest: timedelta = min(FIRST_REST * 2 ** (attempts - 1), LONGEST_REST)
    return rest * (1 + jitter / 5)


class DeadlineQueue:
    """The deadlines of one service, by the names it knows; `now` is always the business clock's."""

    def __init__(self, database: Database, names: Sequence[str]) -> None:
        self._database = database
        self._names = list(names)

    async def claim(self, now: datetime, *, fresh: int, failed: int) -> list[Claimed]:
        """Up to so many of each name that are due: never tried, and tried in vain before."""
        values = {
            "names": self._names,
            "now": now,
            "lease_ends": now + LEASE,
            "fresh": fresh,
            "failed": failed,
        }
        async with self._database.session() as db:
            rows = (await db.execute(_CLAIM, values)).all()
            await db.commit()
        return [
            Claimed(Due(row.name, row.subject_id, row.tenant_id, row.due_at, row.wait_id), row.attempts)
            for row in rows
        ]

    async def finish(self, met: Sequence[Due]) -> None:
        """Remove those that were met, unless another wait of the same subject has begun meanwhile."""
        if not met:
            return
        async with self._database.session() as db:
            await db.execute(_FINISH, _keys(met))
            await db.commit()

    async def fail(self, failed: Sequence[tuple[Due, datetime]], now: datetime) -> None:
        """Let these rest until the moments given; after `MAX_ATTEMPTS` a deadline is dead, and counted."""
        if not failed:
            return
        values = _keys([due for due, _ in failed]) | {
            "try_ats": [try_at for _, try_at in failed],
            "now": now,
            "max_attempts": MAX_ATTEMPTS,
        }
        async with self._database.session() as db:
            await db.execute(_FAIL, values)
            await db.commit()

    async def state(self, now: datetime) -> tuple[dict[str, float], dict[str, int]]:
        """By name, where there are any: for how many seconds the oldest is overdue, and how many are dead."""
        async with self._database.session() as db:
            oldest = {row.name: row.due_at for row in await db.execute(_OLDEST, {"names": self._names})}
            dead = {row.name: int(row.dead) for row in await db.execute(_DEAD)}
        return {name: max(0.0, (now - due_at).total_seconds()) for name, due_at in oldest.items()}, dead


def _keys(deadlines: Sequence[Due]) -> dict[str, list[str] | list[UUID]]:
    return {
        "names": [due.name for due in deadlines],
        "subject_ids": [due.subject_id for due in deadlines],
        "wait_ids": [due.wait_id for due in deadlines],
    }
