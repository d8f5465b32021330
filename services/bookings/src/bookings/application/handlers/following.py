"""What changed facts of other services mean for places and bookings."""

from bookings.application.commands import ApplyAssurance, CancelSession
from bookings.application.ports import UnitOfWork
from bookings.domain.saga import Trigger, open_to


async def cancel_session(command: CancelSession, uow: UnitOfWork) -> None:
    await uow.copies.copy_cancellation(command.session_id, command.sequence)
    bookings = await uow.bookings.of_session(command.session_id)
    for booking in bookings:
        booking.cancel_with_session(command.reason_code)
    await uow.bookings.save(*bookings)


async def apply_assurance(command: ApplyAssurance, uow: UnitOfWork) -> None:
    if not await uow.copies.copy_assurance(
        command.assurance_id, command.site, command.state, command.sequence
    ):
        return
    if await uow.site_trust.trusts(command.site):
        await _reinstate(command, uow)
    else:
        await _suspend(command, uow)


async def _suspend(command: ApplyAssurance, uow: UnitOfWork) -> None:
    bookings = await uow.bookings.of_site(command.site, open_to(Trigger.ASSURANCE_LOST))
    for booking in bookings:
        booking.suspend(command.reason_code)
    await uow.bookings.save(*bookings)


async def _reinstate(command: ApplyAssurance, uow: UnitOfWork) -> None:
    bookings = await uow.bookings.of_site(command.site, open_to(Trigger.ASSURANCE_REGAINED))
    rules = uow.place_rules(uow.today)
    for booking in bookings:
        booking.reinstate(uow.now, rules)
    await uow.bookings.save(*bookings)
    await uow.places.offer_to_waiting(at_site=command.site)
