"""Asking for places, and being called up from the line."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from bookings.application.commands import PromoteFromWaitingList, RequestBooking
from bookings.application.ports import PlacesRequest, UnitOfWork
from bookings.capacity.domain import Session, SessionUnknown
from bookings.capacity.rules import Waiting, next_to_promote
from bookings.copies.domain import Institution
from bookings.domain.bookings import Booking
from bookings.domain.eligibility import Candidate, booked, decide
from bookings.learners.domain import LearnerUnknown
from shared.kernel import ConcurrentChange, NotFound, Refusal

WAITING_READ = 50


async def request_bookings(commands: Sequence[RequestBooking], uow: UnitOfWork) -> list[Booking | Refusal]:
    """Answer each as if after those before it; one that names a learner of theirs is to be tried anew."""
    sessions = await uow.sessions.get_each({each.session_id for each in commands})
    cohorts = await uow.cohorts.members_of({(c.institution_id, c.cohort_id) for c in commands if c.cohort_id})
    asked = [_asked(each, sessions, cohorts, uow) for each in commands]
    # In a rush most are refused by now, and nothing else is read for them.
    sought = [each for each in asked if isinstance(each, PlacesRequest)]
    found = dict(zip(sought, await uow.candidates.of(sought), strict=True)) if sought else {}
    institutions = await uow.copies.institutions({each.institution_id for each in sought})
    named: set[UUID] = set()
    outcomes: list[Booking | Refusal] = []
    for command, each in zip(commands, asked, strict=True):
        if isinstance(each, Refusal):
            outcomes.append(each)
        elif not named.isdisjoint(each.learner_ids):
            outcomes.append(ConcurrentChange())
        else:
            named.update(each.learner_ids)
            session, institution = sessions[each.session_id], institutions.get(each.institution_id)
            outcome = _booking(command, each, session, found[each], institution, uow)
            if isinstance(outcome, Booking):
                sessions[session.id] = session.after(outcome.holding)
            outcomes.append(outcome)
    await uow.bookings.save(*(each for each in outcomes if isinstance(each, Booking)))
    return outcomes


async def promote_from_waiting_list(command: PromoteFromWaitingList, uow: UnitOfWork) -> None:
    session = await uow.sessions.get(command.session_id)
    if not session.takes_bookings(uow.now):
        return
    rules = uow.place_rules(uow.today)
    bookings = {each.id: each for each in await uow.bookings.waiting_for(session.id, WAITING_READ)}
    waiting = [Waiting(each.id, len(each.learners)) for each in bookings.values()]
    promoted = [
        bookings[booking_id]
        for booking_id in next_to_promote(
            waiting, session.places_left, smaller_may_pass=rules.smaller_may_pass
        )
    ]
    for booking in promoted:
        if await uow.bookings.reserve_days(booking):
            booking.promote(uow.now, rules)
        else:
            booking.pass_over()
    await uow.bookings.save(*promoted)


def _asked(
    command: RequestBooking,
    sessions: Mapping[UUID, Session],
    cohorts: Mapping[tuple[UUID, UUID], Sequence[UUID]],
    uow: UnitOfWork,
) -> PlacesRequest | Refusal:
    """For whom places are asked, unless the session alone is reason to refuse."""
    try:
        session = sessions.get(command.session_id)
        if session is None:
            raise SessionUnknown(field="body.session_id")
        session.must_take_bookings(uow.now)
        learner_ids = _named(command, cohorts)
        if not command.join_waiting_list:
            session.must_have_room_for(len(learner_ids))
    except Refusal as refusal:
        return refusal
    return PlacesRequest(command.booking_id, command.institution_id, session.id, tuple(learner_ids))


def _named(command: RequestBooking, cohorts: Mapping[tuple[UUID, UUID], Sequence[UUID]]) -> Sequence[UUID]:
    if command.cohort_id is None:
        return command.learner_ids
    members = cohorts.get((command.institution_id, command.cohort_id))
    if members is None:
        raise NotFound("There is no such cohort", field="body.cohort_id")
    return members


def _booking(
    command: RequestBooking,
    asked: PlacesRequest,
    session: Session,
    candidates: Sequence[Candidate],
    institution: Institution | None,
    uow: UnitOfWork,
) -> Booking | Refusal:
    rules = uow.eligibility_rules(session.first_day)
    try:
        if not command.join_waiting_list:
            session.must_have_room_for(len(asked.learner_ids))
        _must_all_be_known(asked.learner_ids, {each.learner_id for each in candidates})
        return Booking.request(
            command.booking_id,
            command.institution_id,
            session,
            tuple(booked(each, session, rules) for each in candidates),
            decide(rules, institution, session, candidates),
            uow.now,
            rules=uow.place_rules(uow.today),
            join_waiting_list=command.join_waiting_list,
            cohort_id=command.cohort_id,
        )
    except Refusal as refusal:
        return refusal


def _must_all_be_known(asked: Sequence[UUID], known: set[UUID]) -> None:
    for position, learner_id in enumerate(asked):
        if learner_id not in known:
            raise LearnerUnknown(field=f"body.learner_ids.{position}")
    if not asked:
        raise LearnerUnknown("Nobody of the cohort is on roll", field="body.cohort_id")
