"""Registers of a day, by the rules."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
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
    OtherPartysRegister,
    RecordedRegister,
)
from bookings.reservations.domain.booking import BookingStateForbids
from bookings.reservations.domain.lifecycle import State
from shared.kernel import StaleVersion
from tests.bookings.examples import SESSION

WITH_REGISTERS = (State.CONFIRMED, State.SUSPENDED, State.SUSPENDED_REVOKED)


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


def taken(booking: AttendedBooking, register: AttendanceRegister, minutes: int | None, today: date) -> bool:
    """The institution takes a register of a day that has none yet."""
    author = booking.institution_id
    return booking.record_attendance(
        register, minutes, today, author=author, before=None, expected_version=None
    )


def entries(learner_ids: Sequence[UUID], minutes: int = 300) -> tuple[AttendanceEntry, ...]:
    return tuple(AttendanceEntry(each, True, minutes) for each in learner_ids)


def test_a_register_names_every_learner_once() -> None:
    confirmed = attended(State.CONFIRMED)
    whole, today = entries(confirmed.learner_ids), SESSION.last_day

    taken(confirmed, AttendanceRegister(SESSION.first_day, whole), 360, today)

    for wrong in (whole[:1], whole + whole[:1], whole + entries([uuid4()])):
        with pytest.raises(AttendanceIncomplete):
            taken(confirmed, AttendanceRegister(SESSION.first_day, wrong), 360, today)


def test_a_register_tells_what_can_have_been() -> None:
    confirmed, today = attended(State.CONFIRMED), SESSION.first_day
    whole = entries(confirmed.learner_ids)

    with pytest.raises(NotASessionDay):
        taken(confirmed, AttendanceRegister(SESSION.first_day, whole), None, today)
    with pytest.raises(AttendanceTooEarly):
        taken(confirmed, AttendanceRegister(SESSION.last_day, whole), 360, today)
    with pytest.raises(MinutesBeyondDay):
        taken(confirmed, AttendanceRegister(SESSION.first_day, whole), 299, today)
    absent = tuple(AttendanceEntry(each, False, 1) for each in confirmed.learner_ids)
    with pytest.raises(MinutesBeyondDay):
        taken(confirmed, AttendanceRegister(SESSION.first_day, absent), 360, today)


@pytest.mark.parametrize("state", [each for each in State if each not in WITH_REGISTERS])
def test_only_a_confirmed_booking_or_one_that_was_stopped_has_a_register(state: State) -> None:
    waiting = attended(state)

    with pytest.raises(BookingStateForbids):
        taken(
            waiting,
            AttendanceRegister(SESSION.first_day, entries(waiting.learner_ids)),
            360,
            SESSION.last_day,
        )


def test_a_register_takes_the_next_number_in_the_booking_s_sequence() -> None:
    confirmed = attended(State.CONFIRMED)
    register = AttendanceRegister(SESSION.first_day, entries(confirmed.learner_ids))

    taken(confirmed, register, 360, SESSION.last_day)

    ((sequence, event),) = confirmed.take_events()
    assert isinstance(event, AttendanceRecorded)
    assert (sequence, event.booking_id, event.register) == (4, confirmed.id, register)


def test_a_party_replaces_what_the_other_recorded_only_as_it_has_read_it() -> None:
    booking = attended(State.CONFIRMED)
    first = AttendanceRegister(SESSION.first_day, entries(booking.learner_ids))
    other = AttendanceRegister(SESSION.first_day, entries(booking.learner_ids, 0))
    before = RecordedRegister(first, 3, booking.institution_id, datetime(2027, 3, 3, 16, tzinfo=UTC))

    def take(author: UUID, register: AttendanceRegister, version: int | None) -> bool:
        today = SESSION.last_day
        return booking.record_attendance(
            register, 360, today, author=author, before=before, expected_version=version
        )

    with pytest.raises(OtherPartysRegister):
        take(booking.provider_id, other, None)
    with pytest.raises(StaleVersion):
        take(booking.provider_id, other, 2)
    assert take(booking.provider_id, other, 3)
    assert take(booking.provider_id, first, None), "both parties say the same, and each is heard"
    assert take(booking.institution_id, other, None), "a party corrects its own"
    booking.take_events()
    assert not take(booking.institution_id, first, None), "said again by the same party it is not news"
    assert booking.take_events() == []
