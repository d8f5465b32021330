"""Bookings over HTTP."""

from functools import partial
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from bookings.capacity.domain import NoPlacesLeft, ProviderSuspended, SessionNotBookable, SessionUnknown
from bookings.learners.bodies import LearnerId
from bookings.learners.domain import LearnerUnknown
from bookings.reservations.bodies import (
    BookingBody,
    BookingId,
    BookingState,
    BookingSummary,
    BookingToRequest,
    Cancellation,
    Departures,
    reader,
)
from bookings.reservations.commands import (
    CancelBooking,
    EraseLearner,
    RemoveLearners,
    RequestBooking,
    WithdrawBooking,
)
from bookings.reservations.domain.booking import (
    Booking,
    BookingStateForbids,
    LearnerNotOnBooking,
    NotTheAsker,
)
from bookings.reservations.domain.eligibility import (
    InstitutionNotEligible,
    LearnerAlreadyBooked,
    LearnerBusy,
    PlacementNotLawful,
    YearGroupNotOffered,
)
from bookings.reservations.handlers import lifecycle
from bookings.reservations.handlers.request_booking import request_bookings
from bookings.reservations.queries import BookingQueries
from shared.http.commands import IdempotentRequest, answer, no_content
from shared.http.fast_path import FastRoute
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import new_id
from shared.security.access import own_organisation, requires
from shared.security.tokens import Caller

Reads = Annotated[BookingQueries, reads_for(BookingQueries)]

routes = APIRouter(tags=["bookings"])
erasures = APIRouter(tags=["learners"])  # of a learner, whose bookings change with it
fast_routes = APIRouter(tags=["bookings"], route_class=FastRoute)  # what everybody asks for at once


@fast_routes.post(
    "/v1/bookings",
    operation_id="requestBooking",
    status_code=201,
    response_model=BookingBody,
    responses=documented(
        SessionUnknown,
        NoPlacesLeft,
        LearnerAlreadyBooked,
        LearnerBusy,
        SessionNotBookable,
        ProviderSuspended,
        InstitutionNotEligible,
        YearGroupNotOffered,
        PlacementNotLawful,
        LearnerUnknown,
    ),
)
async def request_booking(
    body: BookingToRequest, request: IdempotentRequest, caller: Caller = requires("bookings:write")
) -> Response:
    """Ask for places: they are held until safeguarding has decided, or the booking waits in line."""
    command = RequestBooking(
        booking_id=new_id(),
        institution_id=own_organisation(caller),
        session_id=body.session_id,
        learner_ids=tuple(body.learner_ids or ()),
        cohort_id=body.cohort_id,
        join_waiting_list=body.join_waiting_list,
    )
    render = answer(201, partial(BookingBody.seen_by, caller), _location)
    return await request.execute_batched(
        command.session_id, caller, request_bookings, command, render, subject=command.booking_id
    )


@routes.get("/v1/bookings", operation_id="listBookings", response_model=Page[BookingSummary])
async def list_bookings(
    request: Request,
    response: Response,
    reads: Reads,
    pager: Paging,
    caller: Caller = requires("bookings:read"),
    session_id: Annotated[UUID | None, Query(description="Bookings in this session alone")] = None,
    state: Annotated[BookingState | None, Query(description="Bookings in this state alone")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[BookingSummary]:
    """An institution's own bookings, a provider's of its sessions, a learner's own; oldest first."""
    after = pager.read(request, cursor)
    start = UUID(after[0]) if after else None
    found = await reads.bookings(reader(caller), session_id, state, start, limit + 1)
    shown, following = pager.page(request, response, found, limit, lambda each: [each.id])
    return Page(items=[BookingSummary.of(each) for each in shown], next_cursor=following)


@routes.get("/v1/bookings/{booking_id}", operation_id="getBooking", response_model=BookingBody)
async def get_booking(
    booking_id: BookingId, reads: Reads, caller: Caller = requires("bookings:read")
) -> BookingBody:
    """A booking of the caller's institution, or of the caller's sessions."""
    return BookingBody.seen_by(caller, await reads.booking(reader(caller), booking_id))


@routes.post(
    "/v1/bookings/{booking_id}/withdrawal",
    operation_id="withdrawBooking",
    response_model=BookingBody,
    responses=documented(BookingStateForbids, NotTheAsker),
)
async def withdraw_booking(
    booking_id: BookingId, request: IdempotentRequest, caller: Caller = requires("bookings:write")
) -> Response:
    """Take a booking back before it is confirmed; its places are free again."""
    command = WithdrawBooking(booking_id, caller.acts_for)
    render = answer(200, partial(BookingBody.seen_by, caller))
    return await request.execute(caller, lifecycle.withdraw_booking, command, render)


@routes.post(
    "/v1/bookings/{booking_id}/cancellation",
    operation_id="cancelBooking",
    response_model=BookingBody,
    responses=documented(BookingStateForbids, NotTheAsker),
)
async def cancel_booking(
    booking_id: BookingId,
    body: Cancellation,
    request: IdempotentRequest,
    caller: Caller = requires("bookings:write"),
) -> Response:
    """Take a confirmed booking back; its places are free again."""
    command = CancelBooking(booking_id, caller.acts_for, body.reason_code)
    render = answer(200, partial(BookingBody.seen_by, caller))
    return await request.execute(caller, lifecycle.cancel_booking, command, render)


@routes.post(
    "/v1/bookings/{booking_id}/departures",
    operation_id="removeLearnersFromBooking",
    response_model=BookingBody,
    responses=documented(BookingStateForbids, NotTheAsker, LearnerNotOnBooking),
)
async def remove_learners(
    booking_id: BookingId,
    body: Departures,
    request: IdempotentRequest,
    caller: Caller = requires("bookings:write"),
) -> Response:
    """Take some learners off a booking; when none remains, the booking ends."""
    command = RemoveLearners(booking_id, caller.acts_for, tuple(body.learner_ids))
    render = answer(200, partial(BookingBody.seen_by, caller))
    return await request.execute(caller, lifecycle.remove_learners, command, render)


@erasures.delete("/v1/learners/{learner_id}", operation_id="eraseLearner", status_code=204)
async def erase_learner(
    learner_id: LearnerId, request: IdempotentRequest, caller: Caller = requires("bookings:write")
) -> Response:
    """Forget a learner: off every booking, and out of every service that knew the pseudonym."""
    command = EraseLearner(own_organisation(caller), learner_id)
    return await request.execute(caller, lifecycle.erase_learner, command, no_content)


def _location(booking: Booking) -> str:
    return f"/v1/bookings/{booking.id}"
