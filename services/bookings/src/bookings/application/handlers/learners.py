"""Learners and cohorts: taken from rosters, put together, erased."""

from bookings.application.commands import ApplyRosterRow, EraseLearner, FormCohort
from bookings.application.ports import UnitOfWork
from bookings.domain.learners import Learner, LearnerUnknown, RowUnreadable
from shared.kernel import NotFound


async def apply_roster_row(command: ApplyRosterRow, uow: UnitOfWork) -> None:
    try:
        row = uow.roster.open(command.sealed)
    except RowUnreadable as unreadable:
        await uow.roster.note(command.institution_id, command.roster_id, command.row, unreadable.code)
        return
    learner_id = uow.roster.pseudonym(command.institution_id, row)
    learner = Learner.of(row, learner_id, command.institution_id, command.heard_at)
    await _record(learner, uow)
    await uow.roster.note(command.institution_id, command.roster_id, command.row)


async def _record(learner: Learner, uow: UnitOfWork) -> None:
    known = await uow.learners.find(learner.institution_id, learner.learner_id)
    if known is None and not learner.on_roll:
        return
    if known is not None and known.heard_at > learner.heard_at:
        return
    await uow.learners.save(learner)
    if known is None or known.told != learner.told:
        await uow.learners.announce(learner)


async def erase_learner(command: EraseLearner, uow: UnitOfWork) -> None:
    if await uow.learners.find(command.institution_id, command.learner_id) is None:
        raise NotFound("There is no such learner on your roll")
    bookings = await uow.bookings.of_learner(command.institution_id, command.learner_id)
    for booking in bookings:
        booking.depart({command.learner_id}, "learner-erased")
    await uow.bookings.save(*bookings)
    await uow.learners.erase(command.institution_id, command.learner_id)


async def form_cohort(command: FormCohort, uow: UnitOfWork) -> FormCohort:
    found = await uow.cohorts.add(
        command.institution_id, command.cohort_id, command.label, command.learner_ids, uow.now
    )
    if found != len(command.learner_ids):
        raise LearnerUnknown(field="body.learner_ids")
    return command
