"""Assessment: whenever a piece arrives, in whatever order, the days it matters to are assessed anew."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
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
from outcomes.application.ports import LearnerDay, Work
from outcomes.domain.counting import Evidence
from outcomes.domain.ledger import Account, Occasion

ASSESSMENT = "assessment"
DEPARTURE = "departure"
RECOUNT = "recount"


async def take_register(command: TakeRegister, work: Work) -> None:
    await take_registers([command], work)


async def take_registers(commands: Sequence[TakeRegister], work: Work) -> list[None]:
    """Take over registers of any institutions, in their order. Raises as `Accounts.load` does."""
    await work.lock_places([command.place for command in commands])
    for registers in _apart(commands):
        await _take(registers, work)
    return [None] * len(commands)


async def _take(registers: Sequence[TakeRegister], work: Work) -> None:
    newer = await work.registers.begin(registers)
    named = {entry.learner_id for register in newer for entry in register.entries}
    known = await work.accounts.remembered(named)
    if known != named:
        newer = [
            replace(register, entries=tuple(e for e in register.entries if e.learner_id in known))
            for register in newer
        ]
    await work.accounts.open(
        LearnerDay(register.place.institution_id, entry.learner_id, register.on)
        for register in newer
        for entry in register.entries
    )
    await _assess(work, await work.registers.write(newer))


def _apart(commands: Sequence[TakeRegister]) -> Iterator[list[TakeRegister]]:
    """Parts of them, in order: a register and its correction are not in the same one."""
    part: dict[tuple[UUID, date], TakeRegister] = {}
    for command in commands:
        day = command.place.booking_id, command.on
        if day in part:
            yield list(part.values())
            part = {}
        part[day] = command
    yield list(part.values())


async def take_booking(command: CopyBooking, work: Work) -> None:
    await work.lock_institution(command.place.institution_id)
    if await work.copies.keep_booking(command) and command.ended:
        await assess_booking(AssessBooking(command.place.booking_id, command.place.institution_id), work)


async def assess_booking(command: AssessBooking, work: Work) -> None:
    await work.lock_institution(command.institution_id)
    await _assess(work, await work.registers.of_booking(command.institution_id, command.booking_id))


async def take_learner(command: TakeLearner, work: Work) -> None:
    learner, institution = command.learner_id, command.institution_id
    await work.lock_institution(institution)
    if not await work.accounts.remembered([learner]):
        return
    entered = await work.accounts.enter(command)
    if entered is None:
        return
    always = [LearnerDay(institution, learner)]
    accounts = await work.accounts.load(always)
    accounts[learner].enrol(
        command.year_group, command.priority_flags, on_roll=command.on_roll, day=command.as_of
    )
    if entered != institution:
        await work.accounts.recount(accounts[learner])
        await work.soon(DEPARTURE, [(learner, entered)])
    await settle(work, accounts, always)


async def see_learner_off(command: SeeLearnerOff, work: Work) -> None:
    await work.lock_institution(command.institution_id)
    accounts = await work.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        if account.present_at != command.institution_id:
            account.leave()
    await work.accounts.save(accounts.values())


async def recount_learner(command: RecountLearner, work: Work) -> None:
    await work.lock_institution(command.institution_id)
    accounts = await work.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        await work.accounts.recount(account)
    await work.accounts.save(accounts.values())


async def forget_learner(command: ForgetLearner, work: Work) -> None:
    await work.lock_institution(command.institution_id)
    await work.lock(command.learner_id)
    accounts = await work.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        account.leave()
    await work.accounts.save(accounts.values())
    await work.accounts.forget(command.learner_id)


async def settle(work: Work, accounts: Mapping[UUID, Account], days: Sequence[LearnerDay]) -> None:
    """Assess these days of these accounts, and save what has changed."""
    by_day: dict[tuple[UUID, date], dict[UUID, tuple[Occasion, Evidence]]] = defaultdict(dict)
    for each in await work.registers.attended(days):
        occasion = each.occasion
        by_day[each.learner_id, occasion.on][occasion.booking_id] = occasion, each.evidence
    for (learner_id, day), sessions in sorted(by_day.items()):
        accounts[learner_id].settle(sessions, work.rules.on(day))
    await work.accounts.save(accounts.values())


async def _assess(work: Work, days: Sequence[LearnerDay]) -> None:
    if days:
        await settle(work, await work.accounts.load(days), days)
