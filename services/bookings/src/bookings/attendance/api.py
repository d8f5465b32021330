"""Registers of attendance over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Request, Response

from bookings.attendance import handlers
from bookings.attendance.bodies import RegisterBody, RegisterToTake
from bookings.attendance.commands import RecordAttendance
from bookings.attendance.domain import (
    AttendanceIncomplete,
    AttendanceTooEarly,
    MinutesBeyondDay,
    NotASessionDay,
    OtherPartysRegister,
)
from bookings.attendance.queries import AttendanceQueries
from bookings.reservations.bodies import BookingId, reader
from bookings.reservations.domain.booking import BookingStateForbids
from shared.http.commands import IdempotentRequest, VersionIfRead, answer
from shared.http.paging import DEFAULT_LIMIT, Cursor, Limit, Page, Paging
from shared.http.problems import documented
from shared.http.reads import reads_for
from shared.kernel import StaleVersion
from shared.security.access import requires
from shared.security.tokens import Caller

routes = APIRouter(tags=["attendance"])


@routes.post(
    "/v1/bookings/{booking_id}/attendance",
    operation_id="recordAttendance",
    response_model=RegisterBody,
    responses=documented(
        BookingStateForbids,
        OtherPartysRegister,
        StaleVersion,
        NotASessionDay,
        AttendanceTooEarly,
        AttendanceIncomplete,
        MinutesBeyondDay,
    ),
)
async def record_attendance(
    booking_id: BookingId,
    body: RegisterToTake,
    request: IdempotentRequest,
    expected_version: VersionIfRead,
    caller: Caller = requires("attendance:write"),
) -> Response:
    """Take the register of one day, as the booking's institution or its provider; a later one replaces it.

    To replace what the other party recorded, send the ETag it was read with as If-Match.
    """
    command = RecordAttendance(booking_id, caller.acts_for, body.read(), expected_version)
    return await request.execute(caller, handlers.record_attendance, command, answer(200, RegisterBody.of))


@routes.get(
    "/v1/bookings/{booking_id}/attendance", operation_id="listAttendance", response_model=Page[RegisterBody]
)
async def list_attendance(
    booking_id: BookingId,
    request: Request,
    response: Response,
    reads: Annotated[AttendanceQueries, reads_for(AttendanceQueries)],
    pager: Paging,
    caller: Caller = requires("bookings:read"),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[RegisterBody]:
    """The booking's registers, day by day; a learner sees their own entries."""
    after = pager.read(request, cursor)
    start = date.fromisoformat(after[0]) if after else None
    found = await reads.registers(reader(caller), booking_id, start, limit + 1)
    shown, following = pager.page(request, response, found, limit, lambda each: [each.register.on])
    return Page(items=[RegisterBody.of(each) for each in shown], next_cursor=following)


@routes.get(
    "/v1/bookings/{booking_id}/attendance-history",
    operation_id="listAttendanceHistory",
    response_model=Page[RegisterBody],
)
async def list_attendance_history(
    booking_id: BookingId,
    request: Request,
    response: Response,
    reads: Annotated[AttendanceQueries, reads_for(AttendanceQueries)],
    pager: Paging,
    caller: Caller = requires("bookings:read"),
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
) -> Page[RegisterBody]:
    """What each party recorded of each day, in the order of days and versions; the last of a day holds."""
    after = pager.read(request, cursor)
    start = (date.fromisoformat(after[0]), int(after[1])) if after else None
    found = await reads.history(reader(caller), booking_id, start, limit + 1)
    shown, following = pager.page(
        request, response, found, limit, lambda each: [each.register.on, each.version]
    )
    return Page(items=[RegisterBody.of(each) for each in shown], next_cursor=following)
