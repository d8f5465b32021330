"""The lifecycle of a booking, as a pure function of state and event."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings.reservations.domain.booking import HOLD
from bookings.reservations.domain.events import (
    BookingConfirmed,
    BookingEnded,
    BookingReinstated,
    BookingRequested,
    BookingSuspended,
)
from bookings.reservations.domain.lifecycle import TRANSITIONS, State, Trigger, after, open_to
from tests.bookings.examples import NOW, RULES, SESSION, booking, booking_in

ENDED = [state for state in State if state.ended]
triggers = st.lists(st.sampled_from(Trigger), max_size=30)


@pytest.mark.parametrize("state", ENDED)
@pytest.mark.parametrize("trigger", Trigger)
def test_nothing_happens_to_an_ended_booking(state: State, trigger: Trigger) -> None:
    assert after(state, trigger) is None


@given(triggers)
def test_no_booking_is_confirmed_without_a_clearance_before(happened: list[Trigger]) -> None:
    state, cleared = State.WAITLISTED, False
    for trigger in happened:
        state = after(state, trigger) or state
        cleared = cleared or trigger is Trigger.CLEARANCE_GRANTED
        assert state is not State.CONFIRMED or cleared


@given(triggers)
def test_a_suspended_booking_is_confirmed_by_what_it_lacked_alone(
    happened: list[Trigger],
) -> None:
    state = State.WAITLISTED
    for trigger in happened:
        following = after(state, trigger) or state
        if state.suspended and not following.suspended and not following.ended:
            revoked = state is State.SUSPENDED_REVOKED
            assert trigger is (Trigger.CLEARANCE_GRANTED if revoked else Trigger.ASSURANCE_REGAINED)
        state = following


@pytest.mark.parametrize("state", [state for state in State if not state.ended])
def test_every_booking_can_end_with_its_session(state: State) -> None:
    assert after(state, Trigger.SESSION_CANCELLED) is State.CANCELLED


@pytest.mark.parametrize("state", [s for s in State if not s.ended and s is not State.CONFIRMED])
def test_every_state_that_waits_has_a_deadline_and_an_end_by_it(state: State) -> None:
    waiting = booking_in(state)

    assert waiting.deadline(NOW) is not None
    by_clock = {Trigger.HOLD_RAN_OUT, Trigger.SESSION_BEGAN}
    assert State.EXPIRED in {after(state, trigger) for trigger in by_clock}


def test_the_table_names_every_trigger_and_every_state() -> None:
    assert {trigger for _, trigger in TRANSITIONS} == set(Trigger)
    assert {state for state, _ in TRANSITIONS} | set(TRANSITIONS.values()) == set(State)


def test_a_grant_confirms() -> None:
    held = booking()
    held.take_events()

    held.clear(())

    assert held.state is State.CONFIRMED
    assert held.deadline(NOW) is None
    (event,) = [event for _, event in held.take_events()]
    assert isinstance(event, BookingConfirmed)
    assert (event.booking_id, list(event.learner_ids)) == (held.id, held.learner_ids)
    assert (event.first_day, event.last_day) == (SESSION.first_day, SESSION.last_day)


def test_an_event_says_how_the_booking_stood_whatever_happens_to_it_after() -> None:
    held = booking()
    held_until = held.held_until

    held.clear(())

    (_, requested), _ = held.take_events()
    assert isinstance(requested, BookingRequested)
    assert requested.held_until == held_until
    assert held.held_until is None


@pytest.mark.parametrize("state", ENDED)
def test_a_late_grant_never_revives(state: State) -> None:
    ended = booking_in(state)

    assert not ended.hears_of_clearance(1, NOW.date())

    assert ended.state is state
    assert ended.take_events() == []


def test_a_hold_that_waits_for_a_person_runs_out_at_its_deadline() -> None:
    held = booking()
    held.refer(NOW, RULES)

    held.expire_hold(NOW + timedelta(days=3, minutes=-1), RULES)
    assert held.state.holds_places
    held.expire_hold(NOW + timedelta(days=3), RULES)

    assert held.state is State.EXPIRED
    assert held.reason_codes == ("hold-ran-out",)


def test_a_hold_that_nothing_was_heard_of_is_asked_for_anew_and_keeps_its_places() -> None:
    held = booking()
    held.take_events()

    held.expire_hold(NOW + timedelta(minutes=29), RULES)
    assert held.events == []
    held.expire_hold(NOW + timedelta(minutes=30), RULES)

    assert held.state is State.AWAITING_CLEARANCE
    assert held.deadline(NOW) == (HOLD, NOW + timedelta(minutes=60))
    assert [type(event) for _, event in held.take_events()] == [BookingRequested]


def test_a_hold_that_nothing_was_heard_of_ends_as_the_session_begins() -> None:
    held = booking()

    held.expire_hold(SESSION.begins_at - timedelta(minutes=5), RULES)
    assert held.held_until == SESSION.begins_at
    held.expire_hold(SESSION.begins_at, RULES)

    assert held.state is State.EXPIRED
    assert held.reason_codes == ("hold-ran-out",)


def test_no_hold_outlasts_the_session_s_beginning() -> None:
    held = booking_in(State.WAITLISTED)

    held.promote(SESSION.begins_at - timedelta(minutes=5), RULES)

    assert held.held_until == SESSION.begins_at


def test_a_referral_gives_a_person_time_to_decide() -> None:
    held = booking()

    held.refer(NOW, RULES)

    assert held.state is State.AWAITING_CLEARANCE
    assert held.held_until == NOW + timedelta(days=3)


def test_what_was_confirmed_is_reinstated_as_confirmed() -> None:
    confirmed = booking_in(State.CONFIRMED)

    confirmed.suspend("concern-raised")
    confirmed.reinstate(NOW, RULES)

    assert confirmed.state is State.CONFIRMED
    assert [type(event) for _, event in confirmed.take_events()] == [BookingSuspended, BookingReinstated]


def test_what_was_never_cleared_is_asked_for_again_when_the_provider_is_back() -> None:
    held = booking_in(State.AWAITING_CLEARANCE)

    held.suspend("concern-raised")
    held.reinstate(NOW, RULES)

    assert held.state is State.AWAITING_CLEARANCE
    assert held.held_until == NOW + timedelta(minutes=30)
    assert [type(event) for _, event in held.take_events()] == [BookingSuspended, BookingRequested]


def test_what_was_cleared_while_suspended_is_confirmed_when_the_provider_is_back() -> None:
    held = booking_in(State.AWAITING_CLEARANCE)

    held.suspend("concern-raised")
    held.clear(())
    assert held.state.suspended
    held.take_events()
    held.reinstate(NOW, RULES)

    assert [type(event) for _, event in held.take_events()] == [BookingConfirmed]


def test_a_refusal_ends_a_confirmed_booking_too() -> None:
    confirmed = booking_in(State.CONFIRMED)

    confirmed.refuse(("assurance-suspended",))

    assert confirmed.state is State.REFUSED
    assert [type(event) for _, event in confirmed.take_events()] == [BookingEnded]


def test_the_suspended_states_are_one_to_the_world() -> None:
    assert {state.shown for state in State if state.suspended} == {"suspended"}
    assert open_to(Trigger.ASSURANCE_LOST) == {State.CONFIRMED, State.AWAITING_CLEARANCE}


def test_a_referral_told_again_keeps_the_places_no_longer() -> None:
    referred = booking()
    referred.refer(NOW, RULES)
    referred.take_events()
    held_until = referred.held_until

    referred.refer(NOW + timedelta(hours=1), RULES)

    assert (referred.held_until, referred.events) == (held_until, [])


def test_a_grant_and_its_revocation_lead_to_the_same_end_in_either_order() -> None:
    ends = []
    for order in ((1, 2), (2, 1)):
        held = booking()
        for sequence in order:
            if held.hears_of_clearance(sequence, NOW.date()):
                held.clear(("assurance-in-force",)) if sequence == 1 else held.revoke()
        ends.append((held.state, held.conditions, held.held_until, held.clearance_sequence))

    assert ends == [(State.SUSPENDED_REVOKED, (), None, 2)] * 2


def test_a_revoked_booking_keeps_its_places_and_is_confirmed_by_a_new_grant() -> None:
    confirmed = booking_in(State.CONFIRMED)

    confirmed.revoke()
    assert confirmed.state.holds_places
    assert confirmed.deadline(NOW) == ("booking-session-begins", SESSION.begins_at)
    assert confirmed.deadline(SESSION.begins_at) is None
    confirmed.clear(("dbs-required",))

    assert (confirmed.state, confirmed.conditions) == (State.CONFIRMED, ("dbs-required",))
    assert [type(event) for _, event in confirmed.take_events()] == [BookingSuspended, BookingConfirmed]


def test_a_decision_told_again_changes_nothing() -> None:
    confirmed = booking_in(State.CONFIRMED)
    confirmed.clear(("dbs-required",))
    confirmed.take_events()

    confirmed.clear(("dbs-required",))
    revoked = booking_in(State.SUSPENDED_REVOKED)
    revoked.revoke()

    assert (confirmed.events, revoked.events) == ([], [])


def test_what_is_decided_once_a_session_is_over_is_no_news() -> None:
    over = booking_in(State.CONFIRMED)

    assert over.hears_of_clearance(1, over.last_day)
    assert not over.hears_of_clearance(2, over.last_day + timedelta(days=1))
