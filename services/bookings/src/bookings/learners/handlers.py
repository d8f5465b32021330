"""Learners are recorded from rosters and put together in cohorts."""

from bookings.learners.commands import ApplyRosterRow, FormCohort, RelabelCohort
from bookings.learners.domain import Cohort, Learner, LearnerUnknown, RosterRow, RowUnreadable
from bookings.learners.ports import CohortsUnitOfWork, RosterUnitOfWork


async def apply_roster_row(command: ApplyRosterRow, uow: RosterUnitOfWork) -> Learner | None:
    """The learner, where the row corrects a birth date: bookings rest on it."""
    try:
        row = uow.roster.open(command.sealed)
    except RowUnreadable as unreadable:
        await uow.roster.save_progress(
            command.institution_id, command.roster_id, command.row, unreadable.code
        )
        return None
    corrected = await _save_learner(row, command, uow)
    await uow.roster.save_progress(command.institution_id, command.roster_id, command.row)
    return corrected


async def _save_learner(row: RosterRow, command: ApplyRosterRow, uow: RosterUnitOfWork) -> Learner | None:
    institution_id, sequence, received_at = command.institution_id, command.sequence, command.received_at
    learner_id = uow.roster.pseudonym(institution_id, row)
    learner = await uow.learners.find(institution_id, learner_id)
    if learner is None:
        if row.on_roll:
            await uow.learners.save(Learner.from_row(row, learner_id, institution_id, sequence, received_at))
        return None
    born = learner.birth_date
    learner.update(row, sequence, received_at)
    await uow.learners.save(learner)
    return learner if learner.birth_date != born else None


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
