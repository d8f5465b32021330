"""The use cases of the ledger: what an arriving fact matters to is assessed anew, in any order of arrival."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from uuid import UUID

from outcomes.copies.commands import CopyBooking
from outcomes.ledger.commands import (
    AssessBooking,
    CloseEnrolment,
    EndBooking,
    EnrolLearner,
    ForgetLearner,
    MoveUp,
    RecountLearner,
)
from outcomes.ledger.domain.account import Account, Occasion
from outcomes.ledger.domain.counting import Evidence
from outcomes.ledger.ports import LedgerUnitOfWork
from outcomes.registers.commands import CopyRegister
from outcomes.registers.domain import LearnerDay
from outcomes.registers.handlers import copy_registers


async def assess_register(command: CopyRegister, uow: LedgerUnitOfWork) -> None:
    await assess_registers([command], uow)


async def assess_registers(commands: Sequence[CopyRegister], uow: LedgerUnitOfWork) -> list[None]:
    """Copy registers of any institutions, in their order, and assess the days that changed with them.

    Raises as `Accounts.load` does.
    """
    await uow.lock_bookings([command.booking for command in commands])
    for registers in _apart(commands):
        await _assess(await copy_registers(registers, uow), uow)
    return [None] * len(commands)


async def end_booking(command: EndBooking, uow: LedgerUnitOfWork) -> None:
    booking = command.booking
    await uow.lock_institution(booking.institution_id)
    if await uow.copies.copy_booking(CopyBooking(booking, None, ended=True, sequence=command.sequence)):
        await assess_booking(AssessBooking(booking.booking_id, booking.institution_id), uow)


async def assess_booking(command: AssessBooking, uow: LedgerUnitOfWork) -> None:
    await uow.lock_institution(command.institution_id)
    await _assess(await uow.registers.of_booking(command.institution_id, command.booking_id), uow)


async def enrol_learner(command: EnrolLearner, uow: LedgerUnitOfWork) -> None:
    learner, institution = command.learner_id, command.institution_id
    await uow.lock_institution(institution)
    if not await uow.enrolments.remembered([learner]):
        return
    came_from = await uow.enrolments.move(command)
    if came_from is None:
        return
    always = [LearnerDay(institution, learner)]
    accounts = await uow.accounts.load(always)
    accounts[learner].enrol(
        command.year_group, command.priority_flags, on_roll=command.on_roll, day=command.as_of
    )
    if (day := accounts[learner].moves_up_on(command.as_of)) is not None:
        await uow.deadlines.move_up_on(learner, institution, day)
    if came_from != institution:
        await uow.accounts.recount(accounts[learner])
        await uow.deadlines.leave_soon(learner, came_from)
    await _settle(accounts, always, uow)


async def move_up(command: MoveUp, uow: LedgerUnitOfWork) -> None:
    await uow.lock_institution(command.institution_id)
    accounts = await uow.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        account.move_up(uow.today)
    await _save(accounts.values(), uow)


async def close_enrolment(command: CloseEnrolment, uow: LedgerUnitOfWork) -> None:
    """Close one former enrolment of a learner, and see to the next: there is one such deadline a learner."""
    learner, institution = command.learner_id, command.institution_id
    await uow.lock_institution(institution)
    await uow.lock(learner)
    if not await uow.enrolments.remembered([learner]):
        await uow.copies.remove_learner(institution, learner)
        following = await uow.enrolments.forgotten(learner, institution)
    else:
        accounts = await uow.accounts.load([LearnerDay(institution, learner)])
        for account in accounts.values():
            if account.present_at != institution:
                account.leave()
        await _save(accounts.values(), uow)
        following = await uow.enrolments.closed(learner, institution)
    if following is not None:
        await uow.deadlines.leave_soon(learner, following)


async def recount_learner(command: RecountLearner, uow: LedgerUnitOfWork) -> None:
    await uow.lock_institution(command.institution_id)
    accounts = await uow.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        await uow.accounts.recount(account)
    await _save(accounts.values(), uow)


async def forget_learner(command: ForgetLearner, uow: LedgerUnitOfWork) -> None:
    await uow.lock_institution(command.institution_id)
    await uow.lock(command.learner_id)
    accounts = await uow.accounts.load([LearnerDay(command.institution_id, command.learner_id)])
    for account in accounts.values():
        account.leave()
    await _save(accounts.values(), uow)
    await uow.copies.remove_learner(command.institution_id, command.learner_id)
    await uow.enrolments.forget(command.learner_id)
    following = await uow.enrolments.forgotten(command.learner_id, command.institution_id)
    if following is not None:
        await uow.deadlines.leave_soon(command.learner_id, following)


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


async def _assess(days: Sequence[LearnerDay], uow: LedgerUnitOfWork) -> None:
    if days:
        await _settle(await uow.accounts.load(days), days, uow)


async def _settle(
    accounts: Mapping[UUID, Account], days: Sequence[LearnerDay], uow: LedgerUnitOfWork
) -> None:
    """Assess these days of these accounts, and save what has changed."""
    by_day: dict[tuple[UUID, date], dict[UUID, tuple[Occasion, Evidence]]] = defaultdict(dict)
    for each in await uow.attended_days.of(days):
        occasion = each.occasion
        by_day[each.learner_id, occasion.on][occasion.booking_id] = occasion, each.evidence
    for (learner_id, day), sessions in sorted(by_day.items()):
        accounts[learner_id].settle(sessions, uow.rules.on(day))
    await _save(accounts.values(), uow)


async def _save(accounts: Iterable[Account], uow: LedgerUnitOfWork) -> None:
    await uow.counts.move(await uow.accounts.save(accounts))
