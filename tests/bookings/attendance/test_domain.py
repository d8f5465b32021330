"""Registers of a day, by the rules."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from bookings.attendance.domain import (
    AttendanceEntry,
    AttendanceIncomplete,
    AttendanceRecorded,
    AttendanceRegister,
    AttendanceTooEarly,
    AttendedBooking,
    MinutesBeyondDay,
    NotASessionDay,
)
from bookings.reservations.domain.booking import BookingStateForbids
from bookings.reservations.domain.lifecycle import State
from tests.bookings.examples import SESSION


def attended(state: State) -> AttendedBooking:
    """A booking of two learners in its third version."""
    return AttendedBooking(
        id=UUID(int=5),
        session_id=SESSION.id,
        opportunity_id=SESSION.opportunity_id,
        institution_id=UUID(int=4),
        provider_id=SESSION.provider_id,
        state=state,
        learner_ids=(uuid4(), uuid4()),
        version=3,
    )


def entries(learner_ids: Sequence[UUID], minutes: int = 300) -> tuple[AttendanceEntry, ...]:
    return tuple(AttendanceEntry(each, True, minutes) for each in learner_ids)


def test_a_register_names_every_learner_once() -> None:
    confirmed = attended(State.CONFIRMED)
    whole, today = entries(confirmed.learner_ids), SESSION.last_day

    confirmed.record_attendance(AttendanceRegister(SESSION.first_day, whole), 360, today)

    for wrong in (whole[:1], whole + whole[:1], whole + entries([uuid4()])):
        with pytest.raises(AttendanceIncomplete):
            confirmed.record_attendance(AttendanceRegister(SESSION.first_day, wrong), 360, today)


def test_a_register_tells_what_can_have_been() -> None:
    confirmed, today = attended(State.CONFIRMED), SESSION.first_day
    whole = entries(confirmed.learner_ids)

    with pytest.raises(NotASessionDay):
        confirmed.record_attendance(AttendanceRegister(SESSION.first_day, whole), None, today)
    with pytest.raises(AttendanceTooEarly):
        confirmed.record_attendance(AttendanceRegister(SESSION.last_day, whole), 360, today)
    with pytest.raises(MinutesBeyondDay):
        confirmed.record_attendance(AttendanceRegister(SESSION.first_day, whole), 299, today)
    absent = tuple(AttendanceEntry(each, False, 1) for each in confirmed.learner_ids)
    with pytest.raises(MinutesBeyondDay):
        confirmed.record_attendance(AttendanceRegister(SESSION.first_day, absent), 360, today)


@pytest.mark.parametrize("state", [state for state in State if state is not State.CONFIRMED])
def test_only_a_confirmed_booking_has_a_register(state: State) -> None:
    waiting = attended(state)

    with pytest.raises(BookingStateForbids):
        waiting.record_attendance(
            AttendanceRegister(SESSION.first_day, entries(waiting.learner_ids)), 360, SESSION.last_day
        )


def test_a_register_takes_the_next_number_in_the_booking_s_sequence() -> None:
    confirmed = attended(State.CONFIRMED)
    register = AttendanceRegister(SESSION.first_day, entries(confirmed.learner_ids))

    confirmed.record_attendance(register, 360, SESSION.last_day)

    ((sequence, event),) = confirmed.take_events()
    assert isinstance(event, AttendanceRecorded)
    assert (sequence, event.booking_id, event.register) == (4, confirmed.id, register)
