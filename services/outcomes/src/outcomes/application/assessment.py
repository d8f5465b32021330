"""Assessment: whenever a piece arrives, in whatever order, the days it matters to are assessed anew."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from outcomes.application.commands import (
    AssessBooking,
    EndBooking,
    ForgetLearner,
    RecountLearner,
    SeeLearnerOff,
    TakeLearner,
    TakeRegister,
)
from outcomes.application.ports import LearnerDay, UnitOfWork
from outcomes.copies.commands import CopyBooking
from outcomes.domain.counting import Evidence
from outcomes.domain.ledger import Account, Occasion


async def take_register(command: TakeRegister, uow: UnitOfWork) -> None:
    await take_registers([command], uow)


async def take_registers(commands: Sequence[TakeRegister], uow: UnitOfWork) -> list[None]:
    """Take over registers of any institutions, in their order. Raises as `Accounts.load` does."""
    await uow.lock_bookings([command.booking for command in commands])
    for registers in _apart(commands):
        await _take(registers, uow)
    return [None] * len(commands)


async def _take(registers: Sequence[TakeRegister], uow: UnitOfWork) -> None:
    # A register may arrive before the event of its booking.
    await uow.copies.copy_missing_bookings([register.booking for register in registers])
    newer = await uow.registers.begin(registers)
    named = {entry.learner_id for register in newer for entry in register.entries}
    known = await uow.accounts.remembered(named)
    if known != named:
        newer = [
            replace(register, entries=tuple(e for e in register.entries if e.learner_id in known))
            for register in newer
        ]
    await uow.accounts.open(
        LearnerDay(register.booking.institution_id, entry.learner_id, register.on)
        for register in newer
        for entry in register.entries
    )
    await _assess(uow, await uow.registers.write(newer))


def _apart(commands: Sequence[TakeRegister]) -> Iterator[list[TakeRegister]]:
    """Parts of them, in order: a register and its correction are not in the same one."""
    part: dict[tuple[UUID, date], TakeRegister] = {}
    for command in commands:
        day = command.booking.booking_id, command.on
        if day in part:
            yield list(part.values())
            part = {}
        part[day] = command
    yield list(part.values())


async def end_booking(command: EndBooking, uow: UnitOfWork) -> None:
    booking = command.booking
    await uow.lock_institution(booking.institution_id)
    if await uow.copies.copy_booking(CopyBooking(booking, None, ended=True, sequence=command.sequence)):
        await assess_booking(AssessBooking(booking.booking_id, booking.institution_id), uow)


async def assess_booking(command: AssessBooking, uow: UnitOfWork) -> None:
    await uow.lock_institution(command.institution_id)
    await _assess(uow, await uow.registers.of_booking(command.institution_id, command.booking_id))


async def take_learner(command: TakeLearner, uow: UnitOfWork) -> None:
    learner, institution = command.learner_id, command.institution_id
    await uow.lock_institution(institution)
    if not await uow.accounts.remembered([learner]):
        return
    entered = await uow.accounts.enter(command)
    if entered is None:
        return
    always = [LearnerDay(institution, learner)]
    accounts = await uow.accounts.load(always)
    accounts[learner].enrol(
        command.year_group, command.priority_flags, on_roll=command.on_roll, day=command.as_of
    )
    if entered != institution:
        await uow.accounts.recount(accounts[learner])
        await uow.deadlines.leave_soon(learner, entered)
    await settle(uow, accounts, always)


async def see_learner_off(command: SeeLearnerOff, uow: UnitOfWork) -> None:
    await uow.lock_institution(command.institution_id)
    accounts = await uow.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        if account.present_at != command.institution_id:
            account.leave()
    await uow.accounts.save(accounts.values())


async def recount_learner(command: RecountLearner, uow: UnitOfWork) -> None:
    await uow.lock_institution(command.institution_id)
    accounts = await uow.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        await uow.accounts.recount(account)
    await uow.accounts.save(accounts.values())


async def forget_learner(command: ForgetLearner, uow: UnitOfWork) -> None:
    await uow.lock_institution(command.institution_id)
    await uow.lock(command.learner_id)
    accounts = await uow.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        account.leave()
    await uow.accounts.save(accounts.values())
    await uow.copies.remove_learner(command.learner_id)
    await uow.accounts.forget(command.learner_id)


async def settle(uow: UnitOfWork, accounts: Mapping[UUID, Account], days: Sequence[LearnerDay]) -> None:
    """Assess these days of these accounts, and save what has changed."""
    by_day: dict[tuple[UUID, date], dict[UUID, tuple[Occasion, Evidence]]] = defaultdict(dict)
    for each in await uow.registers.attended(days):
        occasion = each.occasion
        by_day[each.learner_id, occasion.on][occasion.booking_id] = occasion, each.evidence
    for (learner_id, day), sessions in sorted(by_day.items()):
        accounts[learner_id].settle(sessions, uow.rules.on(day))
    await uow.accounts.save(accounts.values())


async def _assess(uow: UnitOfWork, days: Sequence[LearnerDay]) -> None:
    if days:
        await settle(uow, await uow.accounts.load(days), days)
