"""A corrected birth date changes the ages on the bookings that are not over."""

from bookings.learners.commands import ApplyRosterRow
from bookings.learners.domain import Learner
from bookings.learners.handlers import apply_roster_row
from bookings.reservations.domain.eligibility import booked
from bookings.reservations.ports import AgesUnitOfWork


async def apply_row_and_correct_ages(command: ApplyRosterRow, uow: AgesUnitOfWork) -> None:
    corrected = await apply_roster_row(command, uow)
    if corrected is not None:
        await _correct_ages(corrected, uow)


async def _correct_ages(learner: Learner, uow: AgesUnitOfWork) -> None:
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
