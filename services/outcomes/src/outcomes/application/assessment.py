"""Assessment: whenever a piece arrives, in whatever order, the days it matters to are assessed anew."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from outcomes.application.commands import (
    AssessBooking,
    CopyBooking,
    ForgetLearner,
    RecountLearner,
    SeeLearnerOff,
    TakeLearner,
    TakeRegister,
)
from outcomes.application.ports import Work
from outcomes.domain.counting import Evidence
from outcomes.domain.ledger import Account, Occasion

ASSESSMENT = "assessment"
DEPARTURE = "departure"
RECOUNT = "recount"


async def take_register(command: TakeRegister, work: Work) -> None:
    place = command.place
    await work.lock_institution(place)
    if not await work.registers.begin(place, command.on, command.sequence):
        return
    named = await work.accounts.remembered([entry.learner_id for entry in command.entries])
    await work.accounts.open(place.institution_id, sorted(named))
    entries = [entry for entry in command.entries if entry.learner_id in named]
    learners = await work.registers.write(place, command.on, entries)
    await _assess(work, place.institution_id, learners, [command.on])


async def take_booking(command: CopyBooking, work: Work) -> None:
    await work.lock_institution(command.place.institution_id)
    if await work.copies.keep_booking(command) and command.ended:
        await assess_booking(AssessBooking(command.place.booking_id, command.place.institution_id), work)


async def assess_booking(command: AssessBooking, work: Work) -> None:
    await work.lock_institution(command.institution_id)
    learners = await work.registers.of_booking(command.institution_id, command.booking_id)
    days = sorted({day for each in learners.values() for day in each})
    await _assess(work, command.institution_id, sorted(learners), days)


async def take_learner(command: TakeLearner, work: Work) -> None:
    learner, institution = command.learner_id, command.institution_id
    await work.lock_institution(institution)
    if not await work.accounts.remembered([learner]):
        return
    entered = await work.accounts.enter(command)
    if entered is None:
        return
    accounts = await work.accounts.load(institution, [learner], None)
    accounts[learner].enrol(
        command.year_group, command.priority_flags, on_roll=command.on_roll, day=command.as_of
    )
    if entered != institution:
        await work.accounts.recount(accounts[learner])
        await work.soon(DEPARTURE, [(learner, entered)])
    await settle(work, institution, accounts, None)


async def see_learner_off(command: SeeLearnerOff, work: Work) -> None:
    await work.lock_institution(command.institution_id)
    accounts = await work.accounts.load(command.institution_id, [command.learner_id], None)
    for account in accounts.values():
        if account.present_at != command.institution_id:
            account.leave()
    await work.accounts.save(accounts.values())


async def recount_learner(command: RecountLearner, work: Work) -> None:
    await work.lock_institution(command.institution_id)
    accounts = await work.accounts.load(command.institution_id, [command.learner_id], None)
    for account in accounts.values():
        await work.accounts.recount(account)
    await work.accounts.save(accounts.values())


async def forget_learner(command: ForgetLearner, work: Work) -> None:
    await work.lock_institution(command.institution_id)
    await work.lock(command.learner_id)
    accounts = await work.accounts.load(command.institution_id, [command.learner_id], None)
    for account in accounts.values():
        account.leave()
    await work.accounts.save(accounts.values())
    await work.accounts.forget(command.learner_id)


async def settle(
    work: Work, institution_id: UUID, accounts: Mapping[UUID, Account], days: Sequence[date] | None
) -> None:
    """Assess these accounts' days, or all, and save what has changed."""
    attended = await work.registers.attended(institution_id, sorted(accounts), days)
    by_day: dict[tuple[UUID, date], dict[UUID, tuple[Occasion, Evidence]]] = defaultdict(dict)
    for each in attended:
        occasion = each.occasion
        by_day[each.learner_id, occasion.on][occasion.booking_id] = occasion, each.evidence
    for (learner_id, day), sessions in sorted(by_day.items()):
        accounts[learner_id].settle(sessions, work.rules.on(day))
    await work.accounts.save(accounts.values())


async def _assess(
    work: Work, institution_id: UUID, learner_ids: Sequence[UUID], days: Sequence[date]
) -> None:
    if learner_ids:
        accounts = await work.accounts.load(institution_id, learner_ids, days)
        await settle(work, institution_id, accounts, days)
