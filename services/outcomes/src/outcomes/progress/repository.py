"""The institutions' counts as rows: each account is moved from where it was counted to where it is now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from outcomes.ledger.domain.counting import Rules
from outcomes.ledger.ports import AccountChange
from outcomes.progress.domain.counts import Slice, Tally, changes, counted, summed
from shared.bus.transaction import Transaction

# A cell begins at nothing: CHECK would refuse a row whose first change takes away.
_BEGIN_PROGRESS = text(
    """
    insert into progress_counts (institution_id, key_stage, priority_group, band, learners, minutes, met)
    select *, 0, 0, 0 from unnest(cast(:institution_id as uuid[]), cast(:key_stage as text[]),
                                  cast(:priority_group as text[]), cast(:band as smallint[]))
    on conflict do nothing
    """
)
_CHANGE_PROGRESS = text(
    """
    update progress_counts c
    set learners = c.learners + d.learners, minutes = c.minutes + d.minutes, met = c.met + d.met
    from unnest(cast(:institution_id as uuid[]), cast(:key_stage as text[]), cast(:priority_group as text[]),
                cast(:band as smallint[]), cast(:learners as integer[]), cast(:minutes as integer[]),
                cast(:met as integer[]))
         as d (institution_id, key_stage, priority_group, band, learners, minutes, met)
    where c.institution_id = d.institution_id and c.key_stage = d.key_stage
      and c.priority_group = d.priority_group and c.band = d.band
    """
)
_BEGIN_DENIALS = text(
    """
    insert into denial_counts (institution_id, key_stage, code, learner_days, minutes)
    select *, 0, 0 from unnest(cast(:institution_id as uuid[]), cast(:key_stage as text[]),
                               cast(:code as text[]))
    on conflict do nothing
    """
)
_CHANGE_DENIALS = text(
    """
    update denial_counts c
    set learner_days = c.learner_days + d.learner_days, minutes = c.minutes + d.minutes
    from unnest(cast(:institution_id as uuid[]), cast(:key_stage as text[]), cast(:code as text[]),
                cast(:learner_days as integer[]), cast(:minutes as integer[]))
         as d (institution_id, key_stage, code, learner_days, minutes)
    where c.institution_id = d.institution_id and c.key_stage = d.key_stage and c.code = d.code
    """
)

Cells = dict[Slice, Tally]


class CountRepository:
    """The institutions' counts, under the rules of today."""

    def __init__(self, transaction: Transaction, rules: Rules) -> None:
        self._db = transaction.db
        self._rules = rules

    async def move(self, changed: Sequence[AccountChange]) -> None:
        moves = [
            (each.after.institution_id, counted(each.before, self._rules), counted(each.after, self._rules))
            for each in changed
        ]
        progress = _summed((of, changes(before.progress, after.progress)) for of, before, after in moves)
        denials = _summed((of, changes(before.denials, after.denials)) for of, before, after in moves)
        if progress:
            await self._move_progress(progress)
        if denials:
            await self._move_denials(denials)

    async def _move_progress(self, moved: Sequence[tuple[UUID, Slice, Tally]]) -> None:
        cells: dict[str, list[Any]] = {
            "institution_id": [institution_id for institution_id, _, _ in moved],
            "key_stage": [cell.key_stage for _, cell, _ in moved],
            "priority_group": [cell.group for _, cell, _ in moved],
            "band": [cell.band for _, cell, _ in moved],
        }
        amounts = {
            "learners": [change.learners for _, _, change in moved],
            "minutes": [change.minutes for _, _, change in moved],
            "met": [change.met for _, _, change in moved],
        }
        await self._db.execute(_BEGIN_PROGRESS, cells)
        await self._db.execute(_CHANGE_PROGRESS, cells | amounts)

    async def _move_denials(self, moved: Sequence[tuple[UUID, Slice, Tally]]) -> None:
        cells: dict[str, list[Any]] = {
            "institution_id": [institution_id for institution_id, _, _ in moved],
            "key_stage": [cell.key_stage for _, cell, _ in moved],
            "code": [cell.group for _, cell, _ in moved],
        }
        amounts = {
            "learner_days": [change.learners for _, _, change in moved],
            "minutes": [change.minutes for _, _, change in moved],
        }
        await self._db.execute(_BEGIN_DENIALS, cells)
        await self._db.execute(_CHANGE_DENIALS, cells | amounts)


def _summed(moved: Iterable[tuple[UUID, Cells]]) -> list[tuple[UUID, Slice, Tally]]:
    """The changes of each institution's cells together, one institution after the other."""
    by_institution: dict[UUID, list[Cells]] = defaultdict(list)
    for institution_id, change in moved:
        if change:
            by_institution[institution_id].append(change)
    return [
        (institution_id, cell, change)
        for institution_id, each in sorted(by_institution.items())
        for cell, change in summed(each).items()
    ]
