"""Bookings follow a roster: ages with a corrected birth date, and whoever leaves gives up what is to come."""

from bookings.learners.commands import ApplyRosterRow
from bookings.learners.domain import Learner
from bookings.learners.handlers import apply_roster_row
from bookings.reservations.domain.eligibility import booked
from bookings.reservations.ports import RosterFollowedUnitOfWork

LEFT = "learner-left"


async def apply_row_and_follow(command: ApplyRosterRow, uow: RosterFollowedUnitOfWork) -> None:
    applied = await apply_roster_row(command, uow)
    if applied is not None and applied.corrected:
        await _correct_ages(applied.learner, uow)
    if applied is not None and applied.left:
        await _give_up_what_is_to_come(applied.learner, uow)


async def _correct_ages(learner: Learner, uow: RosterFollowedUnitOfWork) -> None:
    await uow.learners.keep(learner)
    bookings = await uow.bookings.of_learner(learner.institution_id, learner.learner_id)
    ahead = [booking for booking in bookings if booking.last_day >= uow.today]
    sessions = await uow.sessions.get_each({booking.session_id for booking in ahead})
    for booking in ahead:
        rules, days = uow.eligibility_rules(booking.last_day), sessions[booking.session_id].days
        booking.correct_age(
            booked(learner.learner_id, learner.birth_date, learner.priority_flags, days, rules)
        )
    await uow.bookings.save(*ahead)


async def _give_up_what_is_to_come(learner: Learner, uow: RosterFollowedUnitOfWork) -> None:
    """Places and waiting entries of sessions to come; one that has begun stays with who is on it."""
    await uow.learners.keep(learner)
    bookings = await uow.bookings.of_learner(learner.institution_id, learner.learner_id)
    to_come = [booking for booking in bookings if booking.begins_at > uow.now]
    for booking in to_come:
        booking.depart({learner.learner_id}, LEFT)
    await uow.bookings.save(*to_come)
