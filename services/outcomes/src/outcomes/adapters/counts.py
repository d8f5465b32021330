"""The institutions' counts: each account is moved in them from where it was counted to where it is."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from outcomes.adapters import bulk
from outcomes.adapters.tables import DenialCountRow, ProgressCountRow, table_of
from outcomes.domain.counting import Rules
from outcomes.domain.ledger import Account
from outcomes.domain.progress import Slice, Tally, changes, summed

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


@dataclass(frozen=True, slots=True)
class Counted:
    """Where an account is counted."""

    progress: dict[Slice, Tally]
    denials: dict[Slice, Tally]


def counted(account: Account, rules: Rules) -> Counted:
    """Where this account is counted now; a denial's code stands where progress has its group."""
    denials = {Slice(stage, code, 0): tally for (stage, code), tally in account.denials().items()}
    return Counted(account.tally(rules), denials)


async def move(session: AsyncSession, moved: Sequence[tuple[Account, Counted, Counted]]) -> None:
    """Move accounts in their institutions' counts from where they were counted to where they are."""
    progress = [
        _progress(institution_id, cell, change)
        for institution_id, cells in _by_institution(
            (account, changes(before.progress, after.progress)) for account, before, after in moved
        )
        for cell, change in cells.items()
    ]
    denials = [
        _denial(institution_id, cell, change)
        for institution_id, cells in _by_institution(
            (account, changes(before.denials, after.denials)) for account, before, after in moved
        )
        for cell, change in cells.items()
    ]
    # A cell begins at nothing: CHECK would refuse a row whose first change takes away.
    if progress:
        nothing = {"learners": 0, "minutes": 0, "met": 0}
        cells = [each | nothing for each in progress]
        await bulk.insert_missing(session, table_of(ProgressCountRow), cells)
        await session.execute(_CHANGE_PROGRESS, bulk.columns(progress))
    if denials:
        cells = [each | {"learner_days": 0, "minutes": 0} for each in denials]
        await bulk.insert_missing(session, table_of(DenialCountRow), cells)
        await session.execute(_CHANGE_DENIALS, bulk.columns(denials))


def _by_institution(
    moved: Iterable[tuple[Account, dict[Slice, Tally]]],
) -> list[tuple[UUID, dict[Slice, Tally]]]:
    by_institution: dict[UUID, list[dict[Slice, Tally]]] = defaultdict(list)
    for account, change in moved:
        if change:
            by_institution[account.institution_id].append(change)
    return [(institution_id, summed(each)) for institution_id, each in sorted(by_institution.items())]


def _progress(institution_id: UUID, cell: Slice, change: Tally) -> dict[str, Any]:
    return {
        "institution_id": institution_id,
        "key_stage": cell.key_stage,
        "priority_group": cell.group,
        "band": cell.band,
        "learners": change.learners,
        "minutes": change.minutes,
        "met": change.met,
    }


def _denial(institution_id: UUID, cell: Slice, change: Tally) -> dict[str, Any]:
    return {
        "institution_id": institution_id,
        "key_stage": cell.key_stage,
        "code": cell.group,
        "learner_days": change.learners,
        "minutes": change.minutes,
    }
