"""Learners and cohorts: taken from rosters, put together, erased."""

from bookings.application.commands import ApplyRosterRow, EraseLearner, FormCohort
from bookings.application.ports import Work
from bookings.domain.learners import Learner, LearnerUnknown, RowUnreadable
from shared.kernel import NotFound


async def apply_roster_row(command: ApplyRosterRow, work: Work) -> None:
    try:
        row = work.roster.open(command.sealed)
    except RowUnreadable as unreadable:
        await work.roster.note(command.institution_id, command.roster_id, command.row, unreadable.code)
        return
    learner_id = work.roster.pseudonym(command.institution_id, row)
    learner = Learner.of(row, learner_id, command.institution_id, command.heard_at)
    await _record(learner, work)
    await work.roster.note(command.institution_id, command.roster_id, command.row)


async def _record(learner: Learner, work: Work) -> None:
    known = await work.learners.find(learner.institution_id, learner.learner_id)
    if known is None and not learner.on_roll:
        return
    if known is not None and known.heard_at > learner.heard_at:
        return
    await work.learners.save(learner)
    if known is None or known.told != learner.told:
        await work.learners.announce(learner)


async def erase_learner(command: EraseLearner, work: Work) -> None:
    if await work.learners.find(command.institution_id, command.learner_id) is None:
        raise NotFound("There is no such learner on your roll")
    bookings = await work.bookings.of_learner(command.institution_id, command.learner_id)
    for booking in bookings:
        booking.depart({command.learner_id}, "learner-erased")
    await work.bookings.save(*bookings)
    await work.learners.erase(command.institution_id, command.learner_id)


async def form_cohort(command: FormCohort, work: Work) -> FormCohort:
    found = await work.cohorts.add(
        command.institution_id, command.cohort_id, command.label, command.learner_ids, work.now
    )
    if found != len(command.learner_ids):
        raise LearnerUnknown(field="body.learner_ids")
    return command
