"""Asking for places, and being called up from the line."""

from collections.abc import Sequence
from uuid import UUID

from bookings.application.commands import CallLine, RequestBooking
from bookings.application.ports import Work
from bookings.domain.bookings import Booking
from bookings.domain.eligibility import booked, decide
from bookings.domain.learners import LearnerUnknown
from bookings.domain.line import Waiting, next_in_line

LINE_SEEN = 50


async def request_booking(command: RequestBooking, work: Work) -> Booking:
    session = await work.sessions.get(command.session_id)
    session.must_take_bookings(work.now)
    learner_ids = await _asked_for(command, work)
    if not command.join_waiting_list:
        # In a rush most are refused: before anything else is read for them.
        session.must_have_room_for(len(learner_ids))
    candidates = await work.learners.candidates(command.institution_id, session.id, learner_ids)
    _must_all_be_known(learner_ids, {each.learner_id for each in candidates})
    rules = work.rules.eligibility(session.first_day)
    institution = await work.register.institution(command.institution_id)
    booking = Booking.request(
        command.booking_id,
        command.institution_id,
        session,
        tuple(booked(each, session, rules) for each in candidates),
        decide(rules, institution, session, candidates),
        work.now,
        rules=work.rules.places(work.today),
        join_line=command.join_waiting_list,
        cohort_id=command.cohort_id,
    )
    await work.bookings.save(booking)
    return booking


async def call_line(command: CallLine, work: Work) -> None:
    session = await work.sessions.get(command.session_id)
    if not session.takes_bookings(work.now):
        return
    rules = work.rules.places(work.today)
    line = {booking.id: booking for booking in await work.bookings.in_line(session.id, LINE_SEEN)}
    waiting = [Waiting(booking.id, len(booking.learners)) for booking in line.values()]
    called = next_in_line(waiting, session.places_left, smaller_may_pass=rules.smaller_may_pass)
    for booking_id in called:
        if await work.bookings.reserve_days(line[booking_id]):
            line[booking_id].call_up(work.now, rules)
        else:
            line[booking_id].pass_over()
    await work.bookings.save(*(line[booking_id] for booking_id in called))


async def _asked_for(command: RequestBooking, work: Work) -> Sequence[UUID]:
    if command.cohort_id is None:
        return command.learner_ids
    return await work.cohorts.members(command.institution_id, command.cohort_id)


def _must_all_be_known(asked: Sequence[UUID], known: set[UUID]) -> None:
    for position, learner_id in enumerate(asked):
        if learner_id not in known:
            raise LearnerUnknown(field=f"body.learner_ids.{position}")
    if not asked:
        raise LearnerUnknown("Nobody of the cohort is on roll", field="body.cohort_id")
