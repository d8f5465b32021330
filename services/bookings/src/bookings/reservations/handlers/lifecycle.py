"""Bookings are moved by safeguarding, by the clock and by their institution."""

from bookings.reservations.commands import (
    CancelBooking,
    EndMissedBooking,
    EraseLearner,
    ExpireHold,
    GrantClearance,
    ReferClearance,
    RefuseClearance,
    RemoveLearners,
    RevokeClearance,
    WithdrawBooking,
)
from bookings.reservations.domain.booking import SESSION_CANCELLED, Booking
from bookings.reservations.ports import ErasureUnitOfWork, LifecycleUnitOfWork
from shared.kernel import NotFound

ASSURANCE_LOST = "assurance-lost"
TO_BE_RENEWED = "assurance-to-be-renewed"  # in force now, and not on the last day


async def grant_clearance(command: GrantClearance, uow: LifecycleUnitOfWork) -> None:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    if not booking.hears_of_clearance(command.sequence, uow.today):
        return
    stood = booking.state
    booking.clear(command.conditions)
    # The grant, a cancellation and a loss of assurance come on different topics: whichever is later, what
    # speaks against the booking prevails. A grant that is published again moves nothing: a booking that took
    # place stays as it is when trust is lost afterwards.
    session = await uow.sessions.keep(booking.session_id)
    if session.cancelled:
        booking.cancel_with_session(SESSION_CANCELLED)
    elif booking.state is not stood and not await uow.site_trust.trusts_session(
        booking.session_id, to_be_renewed=TO_BE_RENEWED in command.conditions
    ):
        booking.suspend(ASSURANCE_LOST)
    await uow.bookings.save(booking)


async def revoke_clearance(command: RevokeClearance, uow: LifecycleUnitOfWork) -> None:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    if not booking.hears_of_clearance(command.sequence, uow.today):
        return
    booking.revoke()
    await uow.bookings.save(booking)


async def refuse_clearance(command: RefuseClearance, uow: LifecycleUnitOfWork) -> None:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    if not booking.hears_of_clearance(command.sequence, uow.today):
        return
    booking.refuse(command.reason_codes)
    await uow.bookings.save(booking)


async def refer_clearance(command: ReferClearance, uow: LifecycleUnitOfWork) -> None:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    if not booking.hears_of_clearance(command.sequence, uow.today):
        return
    booking.refer(uow.now, uow.place_rules(uow.today))
    await uow.bookings.save(booking)


async def expire_hold(command: ExpireHold, uow: LifecycleUnitOfWork) -> None:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    booking.expire_hold(uow.now, uow.place_rules(uow.today))
    await uow.bookings.save(booking)


async def end_missed_booking(command: EndMissedBooking, uow: LifecycleUnitOfWork) -> None:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    booking.miss_session()
    await uow.bookings.save(booking)


async def withdraw_booking(command: WithdrawBooking, uow: LifecycleUnitOfWork) -> Booking:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    booking.must_be_asked_by(command.acting_for)
    booking.withdraw()
    await uow.bookings.save(booking)
    return booking


async def cancel_booking(command: CancelBooking, uow: LifecycleUnitOfWork) -> Booking:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    booking.must_be_asked_by(command.acting_for)
    booking.cancel(command.reason_code, uow.today)
    await uow.bookings.save(booking)
    return booking


async def remove_learners(command: RemoveLearners, uow: LifecycleUnitOfWork) -> Booking:
    booking = await uow.bookings.get(command.booking_id, command.acting_for)
    booking.must_be_asked_by(command.acting_for)
    booking.depart(command.learner_ids, "all-learners-left")
    await uow.bookings.save(booking)
    return booking


async def erase_learner(command: EraseLearner, uow: ErasureUnitOfWork) -> None:
    learner = await uow.learners.find(command.institution_id, command.learner_id)
    if learner is None:
        raise NotFound("There is no such learner on your roll")
    await uow.learners.keep(learner)
    bookings = await uow.bookings.of_learner(command.institution_id, command.learner_id)
    for booking in bookings:
        booking.depart({command.learner_id}, "learner-erased")
    await uow.bookings.save(*bookings)
    await uow.bookings.forget_learner(command.institution_id, command.learner_id)
    await uow.learners.erase(command.institution_id, command.learner_id)
