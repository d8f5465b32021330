"""Places are requested: for learners or a cohort, many requests in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from bookings.capacity.domain import Session, SessionUnknown
from bookings.copies.domain import Institution
from bookings.learners.domain import LearnerUnknown
from bookings.reservations.commands import RequestBooking
from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.eligibility import Candidate, booked, decide
from bookings.reservations.ports import PlacesRequest, RequestUnitOfWork
from shared.kernel import ConcurrentChange, NotFound, Refusal


async def request_bookings(
    commands: Sequence[RequestBooking], uow: RequestUnitOfWork
) -> list[Booking | Refusal]:
    """Answer each as if after those before it.

    A request that names a learner of an earlier one is to be tried again in a transaction of its own.
    """
    sessions = await uow.sessions.get_each({each.session_id for each in commands})
    cohorts = await uow.cohorts.members_of({(c.institution_id, c.cohort_id) for c in commands if c.cohort_id})
    requests = [_places_request(each, sessions, cohorts, uow.now) for each in commands]
    # Where many ask for the last places most are refused by now, and nothing else is read for them.
    open_requests = [each for each in requests if isinstance(each, PlacesRequest)]
    found = dict(zip(open_requests, await uow.candidates.of(open_requests), strict=True))
    institutions = await uow.copies.institutions({each.institution_id for each in open_requests})
    named: set[UUID] = set()
    outcomes: list[Booking | Refusal] = []
    for command, request in zip(commands, requests, strict=True):
        if isinstance(request, Refusal):
            outcomes.append(request)
        elif not named.isdisjoint(request.learner_ids):
            outcomes.append(ConcurrentChange())
        else:
            named.update(request.learner_ids)
            session, institution = sessions[request.session_id], institutions.get(request.institution_id)
            outcome = _booking(command, request, session, found[request], institution, uow)
            if isinstance(outcome, Booking):
                sessions[session.id] = session.after(outcome.holding)
            outcomes.append(outcome)
    await uow.bookings.save(*(each for each in outcomes if isinstance(each, Booking)))
    return outcomes


def _places_request(
    command: RequestBooking,
    sessions: Mapping[UUID, Session],
    cohorts: Mapping[tuple[UUID, UUID], Sequence[UUID]],
    now: datetime,
) -> PlacesRequest | Refusal:
    """For whom places are requested, unless the session alone is reason to refuse."""
    try:
        session = sessions.get(command.session_id)
        if session is None:
            raise SessionUnknown(field="body.session_id")
        session.must_take_bookings(now)
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
    request: PlacesRequest,
    session: Session,
    candidates: Sequence[Candidate],
    institution: Institution | None,
    uow: RequestUnitOfWork,
) -> Booking | Refusal:
    rules = uow.eligibility_rules(session.last_day)
    try:
        if not command.join_waiting_list:
            session.must_have_room_for(len(request.learner_ids))
        _must_all_be_known(request.learner_ids, {each.learner_id for each in candidates})
        return Booking.request(
            command.booking_id,
            command.institution_id,
            session,
            tuple(
                booked(each.learner_id, each.birth_date, each.flags, session.days, rules)
                for each in candidates
            ),
            decide(rules, institution, session, candidates),
            uow.now,
            rules=uow.place_rules(uow.today),
            join_waiting_list=command.join_waiting_list,
            cohort_id=command.cohort_id,
        )
    except Refusal as refusal:
        return refusal


def _must_all_be_known(learner_ids: Sequence[UUID], known: set[UUID]) -> None:
    for position, learner_id in enumerate(learner_ids):
        if learner_id not in known:
            raise LearnerUnknown(field=f"body.learner_ids.{position}")
    if not learner_ids:
        raise LearnerUnknown("Nobody of the cohort is on roll", field="body.cohort_id")
