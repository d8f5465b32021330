"""Learners are recorded from rosters and put together in cohorts."""

from dataclasses import dataclass

from bookings.learners.commands import ApplyRosterRow, FormCohort, RelabelCohort
from bookings.learners.domain import Cohort, Learner, LearnerUnknown, LeavingRow, RosterRow, RowUnreadable
from bookings.learners.ports import CohortsUnitOfWork, RosterUnitOfWork

NOT_MATCHED = "learner-not-matched"


@dataclass(frozen=True, slots=True)
class Applied:
    """What a row changed of a learner that bookings rest on."""

    learner: Learner
    corrected: bool = False
    left: bool = False


async def apply_roster_row(command: ApplyRosterRow, uow: RosterUnitOfWork) -> Applied | None:
    """What changed, where bookings rest on it."""
    applied, failure = None, None
    try:
        row = uow.roster.open(command.sealed)
    except RowUnreadable as unreadable:
        failure = unreadable.code
    else:
        learner = await _learner_of(row, command, uow)
        if isinstance(row, RosterRow):
            applied = await _record(row, learner, command, uow)
        elif learner is not None:
            applied = await _leave(learner, command, uow)
        else:
            failure = NOT_MATCHED
    await uow.roster.save_progress(command.institution_id, command.roster_id, command.row, failure)
    return applied


async def _learner_of(
    row: RosterRow | LeavingRow, command: ApplyRosterRow, uow: RosterUnitOfWork
) -> Learner | None:
    """The learner that a row is of: by the school's own id, also under another UPN than before, or by UPN.

    A school may give the id of one who left to another child: who is born on another day and has another
    UPN is somebody else.
    """
    institution_id, by_upn = command.institution_id, uow.roster.pseudonym(command.institution_id, row)
    known = await uow.learners.of_source(institution_id, uow.roster.source_key(institution_id, row))
    if known is not None and isinstance(row, RosterRow) and row.upn and known.learner_id != by_upn:
        known = known if known.birth_date == row.birth_date else None
    return known or await uow.learners.find(institution_id, by_upn)


async def _record(
    row: RosterRow, learner: Learner | None, command: ApplyRosterRow, uow: RosterUnitOfWork
) -> Applied | None:
    institution_id, sequence, received_at = command.institution_id, command.sequence, command.received_at
    born = learner.birth_date if learner else row.birth_date
    if learner is None:
        learner_id = uow.roster.pseudonym(institution_id, row)
        learner = Learner.from_row(row, learner_id, institution_id, sequence, received_at)
    else:
        learner.update(row, sequence, received_at)
    await uow.learners.save(learner)
    if learner.sequence == sequence:
        source_key = uow.roster.source_key(institution_id, row)
        await uow.learners.keep_source(institution_id, source_key, learner.learner_id)
    return Applied(learner, corrected=True) if learner.birth_date != born else None


async def _leave(learner: Learner, command: ApplyRosterRow, uow: RosterUnitOfWork) -> Applied | None:
    was_on_roll = learner.on_roll
    learner.leave(command.sequence, command.received_at)
    await uow.learners.save(learner)
    return Applied(learner, left=True) if was_on_roll and not learner.on_roll else None


async def form_cohort(command: FormCohort, uow: CohortsUnitOfWork) -> Cohort:
    cohort = Cohort(command.cohort_id, command.institution_id, command.label, command.learner_ids)
    if await uow.cohorts.add(cohort, uow.now) != len(cohort.learner_ids):
        raise LearnerUnknown(field="body.learner_ids")
    return cohort


async def relabel_cohort(command: RelabelCohort, uow: CohortsUnitOfWork) -> Cohort:
    cohort = await uow.cohorts.get(command.institution_id, command.cohort_id)
    cohort.relabel(command.label)
    await uow.cohorts.save(cohort)
    return cohort
