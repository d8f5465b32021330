"""Following the register and safeguarding: copies kept, and bookings moved by what they say."""

from bookings.application.commands import (
    CancelSession,
    MoveOpportunity,
    RecordAssurance,
    RecordOpportunity,
    RecordOrganisation,
    RecordSession,
)
from bookings.application.ports import Work
from bookings.domain.saga import Trigger, open_to


async def record_organisation(command: RecordOrganisation, work: Work) -> None:
    await work.register.record_organisation(command)


async def record_opportunity(command: RecordOpportunity, work: Work) -> None:
    await work.register.record_opportunity(command)


async def move_opportunity(command: MoveOpportunity, work: Work) -> None:
    news = await work.register.move_opportunity(command.opportunity_id, command.state, command.sequence)
    if news and command.state == "listed":
        await work.sessions.call_lines(of_opportunity=command.opportunity_id)


async def record_session(command: RecordSession, work: Work) -> None:
    await work.sessions.record(command.session, command.sequence)


async def cancel_session(command: CancelSession, work: Work) -> None:
    await work.sessions.cancel(command.session_id, command.sequence)
    bookings = await work.bookings.of_session(command.session_id)
    for booking in bookings:
        booking.cancel_with_session(command.reason_code)
    await work.bookings.save(*bookings)


async def record_assurance(command: RecordAssurance, work: Work) -> None:
    if not await work.register.record_assurance(command):
        return
    if await work.register.trusts(command.site):
        await _reinstate(command, work)
    else:
        await _suspend(command, work)


async def _suspend(command: RecordAssurance, work: Work) -> None:
    bookings = await work.bookings.of_site(command.site, open_to(Trigger.ASSURANCE_LOST))
    for booking in bookings:
        booking.suspend(command.reason_code)
    await work.bookings.save(*bookings)


async def _reinstate(command: RecordAssurance, work: Work) -> None:
    bookings = await work.bookings.of_site(command.site, open_to(Trigger.ASSURANCE_REGAINED))
    rules = work.rules.places(work.today)
    for booking in bookings:
        booking.reinstate(work.now, rules)
    await work.bookings.save(*bookings)
    await work.sessions.call_lines(of_site=command.site)
