"""Facts are copied that move bookings: a session is cancelled, trust is lost or regained."""

from bookings.copies.domain import AssuredSite, TrustedDays
from bookings.reservations.commands import ApplyAssurance, ApplyStanding, CancelSession
from bookings.reservations.domain.lifecycle import Trigger, open_to
from bookings.reservations.ports import CopiedFactsUnitOfWork


async def cancel_session(command: CancelSession, uow: CopiedFactsUnitOfWork) -> None:
    await uow.copies.copy_cancellation(command.session_id, command.sequence)
    bookings = await uow.bookings.of_session(command.session_id)
    for booking in bookings:
        booking.cancel_with_session(command.reason_code)
    await uow.bookings.save(*bookings)


async def apply_assurance(command: ApplyAssurance, uow: CopiedFactsUnitOfWork) -> None:
    if not await uow.copies.copy_assurance(
        command.assurance_id, command.site, command.state, command.days, command.sequence
    ):
        return
    if await uow.site_trust.is_suspended(command.site):
        return  # its bookings are suspended for that; what the assurance says is asked when it ends
    if trusted := await uow.site_trust.trusted_days(command.site):
        await _reinstate(command.site, trusted, uow)
    else:
        await _suspend(command, uow)


async def apply_standing(command: ApplyStanding, uow: CopiedFactsUnitOfWork) -> None:
    """All that lies ahead or is under way, in whatever mode; undone for what nothing else keeps suspended."""
    if not await uow.copies.copy_standing(command.standing, command.sequence):
        return
    if command.standing.suspended:
        bookings = await uow.bookings.of_provider(command.standing, open_to(Trigger.ASSURANCE_LOST))
        for booking in bookings:
            booking.suspend(command.reason_code)
        await uow.bookings.save(*bookings)
        return
    bookings = await uow.bookings.trusted_again(command.standing, open_to(Trigger.ASSURANCE_REGAINED))
    rules = uow.place_rules(uow.today)
    for booking in bookings:
        booking.reinstate(uow.now, rules)
    await uow.bookings.save(*bookings)
    await uow.places.offer_to_waiting(of_provider=command.standing.provider_id)


async def _suspend(command: ApplyAssurance, uow: CopiedFactsUnitOfWork) -> None:
    bookings = await uow.bookings.of_site(command.site, open_to(Trigger.ASSURANCE_LOST))
    for booking in bookings:
        booking.suspend(command.reason_code)
    await uow.bookings.save(*bookings)


async def _reinstate(site: AssuredSite, trusted: TrustedDays, uow: CopiedFactsUnitOfWork) -> None:
    bookings = await uow.bookings.of_site(site, open_to(Trigger.ASSURANCE_REGAINED))
    rules = uow.place_rules(uow.today)
    for booking in bookings:
        if trusted.cover(booking.first_day, booking.last_day):
            booking.reinstate(uow.now, rules)
    await uow.bookings.save(*bookings)
    await uow.places.offer_to_waiting(at_site=site)
