"""The booking's way on: what safeguarding, the clock and the institution do to it."""

from bookings.application.commands import (
    CancelBooking,
    EndMissedBooking,
    ExpireHold,
    GrantClearance,
    RecordAttendance,
    ReferClearance,
    RefuseClearance,
    RemoveLearners,
    WithdrawBooking,
)
from bookings.application.ports import Work
from bookings.domain.bookings import Booking

ASSURANCE_LOST = "assurance-lost"


async def grant_clearance(command: GrantClearance, work: Work) -> None:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    booking.clear()
    # The grant and a loss of assurance come by different ways: whichever is later, the loss prevails.
    if not await work.register.trusts_session(booking.session_id):
        booking.suspend(ASSURANCE_LOST)
    await work.bookings.save(booking)


async def refuse_clearance(command: RefuseClearance, work: Work) -> None:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    booking.refuse(command.reason_codes)
    await work.bookings.save(booking)


async def refer_clearance(command: ReferClearance, work: Work) -> None:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    booking.refer(work.now, work.rules.places(work.today))
    await work.bookings.save(booking)


async def expire_hold(command: ExpireHold, work: Work) -> None:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    booking.expire_hold(work.now)
    await work.bookings.save(booking)


async def end_missed_booking(command: EndMissedBooking, work: Work) -> None:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    booking.miss_session()
    await work.bookings.save(booking)


async def withdraw_booking(command: WithdrawBooking, work: Work) -> Booking:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    booking.must_be_asked_by(command.acting_for)
    booking.withdraw()
    await work.bookings.save(booking)
    return booking


async def cancel_booking(command: CancelBooking, work: Work) -> Booking:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    booking.must_be_asked_by(command.acting_for)
    booking.cancel(command.reason_code, work.today)
    await work.bookings.save(booking)
    return booking


async def remove_learners(command: RemoveLearners, work: Work) -> Booking:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    booking.must_be_asked_by(command.acting_for)
    booking.depart(command.learner_ids, "all-learners-left")
    await work.bookings.save(booking)
    return booking


async def record_attendance(command: RecordAttendance, work: Work) -> RecordAttendance:
    booking = await work.bookings.get(command.booking_id, command.acting_for)
    day_minutes = await work.sessions.day_minutes(booking.session_id, command.register.on)
    booking.attend(command.register, day_minutes, work.today)
    await work.bookings.save(booking)
    await work.bookings.keep_register(booking, command.register)
    return command
