"""Free places are given to those who wait for them."""

from bookings.capacity.rules import Waiting, next_to_promote
from bookings.reservations.commands import PromoteFromWaitingList
from bookings.reservations.ports import WaitingListUnitOfWork

MAX_WAITING_READ = 50


async def promote_from_waiting_list(command: PromoteFromWaitingList, uow: WaitingListUnitOfWork) -> None:
    session = await uow.sessions.keep(command.session_id)
    if not session.takes_bookings(uow.now):
        return
    rules = uow.place_rules(uow.today)
    bookings = {each.id: each for each in await uow.bookings.waiting_for(session.id, MAX_WAITING_READ)}
    waiting = [Waiting(each.id, len(each.learners)) for each in bookings.values()]
    turn = next_to_promote(waiting, session.places_left, smaller_may_pass=rules.smaller_may_pass)
    promoted = [bookings[booking_id] for booking_id in turn]
    for booking in promoted:
        if await uow.bookings.reserve_days(booking):
            booking.promote(uow.now, rules)
        else:
            booking.pass_over()
    await uow.bookings.save(*promoted)
