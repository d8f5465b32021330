"""Assessment: whenever a piece arrives, in whatever order, the days it matters to are assessed anew."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from outcomes.application.commands import (
    AssessBooking,
    EndBooking,
    ForgetLearner,
    RecountLearner,
    SeeLearnerOff,
    TakeLearner,
)
from outcomes.application.ports import UnitOfWork
from outcomes.copies.commands import CopyBooking
from outcomes.domain.counting import Evidence
from outcomes.domain.ledger import Account, Occasion
from outcomes.registers.commands import CopyRegister
from outcomes.registers.domain import LearnerDay
from outcomes.registers.handlers import copy_registers


async def assess_register(command: CopyRegister, uow: UnitOfWork) -> None:
    await assess_registers([command], uow)


async def assess_registers(commands: Sequence[CopyRegister], uow: UnitOfWork) -> list[None]:
    """Copy registers of any institutions, in their order, and assess what they tell of.

    Raises as `Accounts.load` does.
    """
    await uow.lock_bookings([command.booking for command in commands])
    for registers in _apart(commands):
        await _assess(uow, await copy_registers(registers, uow))
    return [None] * len(commands)


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


def _apart(commands: Sequence[CopyRegister]) -> Iterator[list[CopyRegister]]:
    """Parts of them, in order: a register and its correction are not in the same one."""
    part: dict[tuple[UUID, date], CopyRegister] = {}
    for command in commands:
        day = command.booking.booking_id, command.on
        if day in part:
            yield list(part.values())
            part = {}
        part[day] = command
    yield list(part.values())


async def settle(uow: UnitOfWork, accounts: Mapping[UUID, Account], days: Sequence[LearnerDay]) -> None:
    """Assess these days of these accounts, and save what has changed."""
    by_day: dict[tuple[UUID, date], dict[UUID, tuple[Occasion, Evidence]]] = defaultdict(dict)
    for each in await uow.attended_days.of(days):
        occasion = each.occasion
        by_day[each.learner_id, occasion.on][occasion.booking_id] = occasion, each.evidence
    for (learner_id, day), sessions in sorted(by_day.items()):
        accounts[learner_id].settle(sessions, uow.rules.on(day))
    await uow.accounts.save(accounts.values())


async def _assess(uow: UnitOfWork, days: Sequence[LearnerDay]) -> None:
    if days:
        await settle(uow, await uow.accounts.load(days), days)
