"""Following the register and safeguarding: copies kept, and bookings moved by what they say."""

from bookings.application.commands import (
    CancelSession,
    MoveOpportunity,
    RecordAssurance,
    RecordOpportunity,
    RecordOrganisation,
    RecordSession,
)
from bookings.application.ports import UnitOfWork
from bookings.domain.saga import Trigger, open_to


async def record_organisation(command: RecordOrganisation, uow: UnitOfWork) -> None:
    await uow.register.record_organisation(command)


async def record_opportunity(command: RecordOpportunity, uow: UnitOfWork) -> None:
    await uow.register.record_opportunity(command)


async def move_opportunity(command: MoveOpportunity, uow: UnitOfWork) -> None:
    news = await uow.register.move_opportunity(command.opportunity_id, command.state, command.sequence)
    if news and command.state == "listed":
        await uow.sessions.call_lines(of_opportunity=command.opportunity_id)


async def record_session(command: RecordSession, uow: UnitOfWork) -> None:
    await uow.sessions.record(command.session, command.sequence)


async def cancel_session(command: CancelSession, uow: UnitOfWork) -> None:
    await uow.sessions.cancel(command.session_id, command.sequence)
    bookings = await uow.bookings.of_session(command.session_id)
    for booking in bookings:
        booking.cancel_with_session(command.reason_code)
    await uow.bookings.save(*bookings)


async def record_assurance(command: RecordAssurance, uow: UnitOfWork) -> None:
    if not await uow.register.record_assurance(command):
        return
    if await uow.register.trusts(command.site):
        await _reinstate(command, uow)
    else:
        await _suspend(command, uow)


async def _suspend(command: RecordAssurance, uow: UnitOfWork) -> None:
    bookings = await uow.bookings.of_site(command.site, open_to(Trigger.ASSURANCE_LOST))
    for booking in bookings:
        booking.suspend(command.reason_code)
    await uow.bookings.save(*bookings)


async def _reinstate(command: RecordAssurance, uow: UnitOfWork) -> None:
    bookings = await uow.bookings.of_site(command.site, open_to(Trigger.ASSURANCE_REGAINED))
    rules = uow.rules.places(uow.today)
    for booking in bookings:
        booking.reinstate(uow.now, rules)
    await uow.bookings.save(*bookings)
    await uow.sessions.call_lines(of_site=command.site)
