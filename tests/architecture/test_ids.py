"""Ids that claims, parked messages and waiting rows are kept under: they stay when code is renamed.

Taking one away or changing it lets redelivered events take effect a second time and leaves parked
messages without a policy. A new subscription or deadline is added here.
"""

import importlib
import runpy

import pytest

from shared.messaging.policy import Subscription
from wex.folders import REPOSITORY

SUBSCRIPTIONS: dict[str, dict[str, list[str]]] = {
    "opportunities": {
        "when_assurance_granted_follow": ["assurance.granted.v1"],
        "when_assurance_reinstated_follow": ["assurance.reinstated.v1"],
        "when_assurance_suspended_follow": ["assurance.suspended.v1"],
        "when_assurance_lapsed_follow": ["assurance.lapsed.v1"],
        "when_provider_suspended_unlist": ["provider.suspended.v1"],
        "when_provider_reinstated_relist": ["provider.reinstated.v1"],
        "when_places_changed_note": ["places.changed.v1"],
        "when_framework_published_learn": ["framework.published.v1"],
        "when_organisation_recorded_relist": ["organisation.recorded.v1"],
    },
    "bookings": {
        "when_roster_row_received_apply": ["roster.row_received.v1"],
        "when_organisation_recorded_copy": ["organisation.recorded.v1"],
        "when_opportunity_published_copy": ["opportunity.published.v1"],
        "when_opportunity_withdrawn_close": ["opportunity.withdrawn.v1"],
        "when_opportunity_suspended_close": ["opportunity.suspended.v1"],
        "when_opportunity_reinstated_open": ["opportunity.reinstated.v1"],
        "when_session_scheduled_copy": ["session.scheduled.v1"],
        "when_session_cancelled_cancel_bookings": ["session.cancelled.v1"],
        "when_assurance_granted_reinstate": ["assurance.granted.v1"],
        "when_assurance_reinstated_reinstate": ["assurance.reinstated.v1"],
        "when_assurance_suspended_suspend": ["assurance.suspended.v1"],
        "when_assurance_lapsed_suspend": ["assurance.lapsed.v1"],
        "when_provider_suspended_suspend": ["provider.suspended.v1"],
        "when_provider_reinstated_reinstate": ["provider.reinstated.v1"],
        "when_clearance_granted_confirm": ["clearance.granted.v1"],
        "when_clearance_refused_refuse": ["clearance.refused.v1"],
        "when_clearance_referred_wait": ["clearance.referred.v1"],
        "when_clearance_revoked_suspend": ["clearance.revoked.v1"],
        "when_clearance_conditions_set_replace": ["clearance.conditions_set.v1"],
    },
    "safeguarding": {
        "when_organisation_recorded_copy_it": ["organisation.recorded.v1"],
        "when_opportunity_published_copy_it": ["opportunity.published.v1"],
        "when_session_scheduled_copy_it": ["session.scheduled.v1"],
        "when_session_cancelled_copy_it": ["session.cancelled.v1"],
        "when_booking_requested_decide_clearance": ["booking.requested.v1"],
        "when_booking_changed_count_days_again": ["booking.changed.v1"],
        "when_booking_ended_end_clearance": ["booking.ended.v1"],
        "when_learner_erased_forget_them": ["learner.erased.v1"],
    },
    "outcomes": {
        "when_opportunity_is_published_keep_it": ["opportunity.published.v1"],
        "when_session_is_scheduled_keep_it": ["session.scheduled.v1"],
        "when_booking_is_confirmed_expect_its_learners": ["booking.confirmed.v1"],
        "when_booking_is_changed_expect_who_remains": ["booking.changed.v1"],
        "when_booking_is_ended_count_nothing_of_it": ["booking.ended.v1"],
        "when_attendance_is_recorded_assess_it": ["attendance.recorded.v1"],
        "when_learner_is_recorded_enrol_the_learner": ["learner.recorded.v1"],
        "when_learner_is_erased_forget_the_learner": ["learner.erased.v1"],
        "when_bookings_has_counted_compare": ["totals.counted_by_bookings.v1"],
        "when_opportunities_has_counted_compare": ["totals.counted_by_opportunities.v1"],
        "when_safeguarding_has_counted_compare": ["totals.counted_by_safeguarding.v1"],
        "when_outcomes_has_counted_compare": ["totals.counted_by_outcomes.v1"],
    },
    "integrations": {
        "when_anything_happens_tell_endpoints": [
            "organisation.recorded.v1",
            "opportunity.published.v1",
            "opportunity.withdrawn.v1",
            "opportunity.suspended.v1",
            "opportunity.reinstated.v1",
            "session.scheduled.v1",
            "session.cancelled.v1",
            "booking.requested.v1",
            "booking.waitlisted.v1",
            "booking.confirmed.v1",
            "booking.changed.v1",
            "booking.suspended.v1",
            "booking.reinstated.v1",
            "booking.ended.v1",
            "attendance.recorded.v1",
            "learner.recorded.v1",
            "learner.erased.v1",
            "cohort.relabelled.v1",
            "assurance.granted.v1",
            "assurance.lapsed.v1",
            "assurance.suspended.v1",
            "assurance.reinstated.v1",
            "provider.suspended.v1",
            "provider.reinstated.v1",
            "clearance.granted.v1",
            "clearance.refused.v1",
            "clearance.referred.v1",
            "clearance.revoked.v1",
            "clearance.conditions_set.v1",
            "ledger.credited.v1",
            "ledger.denied.v1",
            "ledger.reversed.v1",
            "reflection.submitted.v1",
            "feedback.given.v1",
            "roster.received.v1",
        ],
    },
}

DEADLINES: dict[str, list[str]] = {
    "opportunities": ["assurance-begins"],
    "bookings": ["booking-hold", "booking-session-begins", "session-cancelled", "waiting-list"],
    "safeguarding": ["assurance-expiry", "clearance-review"],
    "outcomes": ["assessment", "departure", "recount", "moving-up"],
    "integrations": ["webhook-deliveries-forgotten"],
}


def ids_of(service: str) -> tuple[dict[str, list[str]], list[str]]:
    """A service's subscription ids with the event types under each, and its deadlines' names."""
    module = importlib.import_module(f"{service}.subscriptions")
    return listed(module.SUBSCRIPTIONS), [deadline.name for deadline in module.DEADLINES]


def listed(subscriptions: list[Subscription[object]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for subscription in subscriptions:
        found.setdefault(subscription.id, []).append(subscription.contract.type)
    return found


@pytest.mark.parametrize("service", SUBSCRIPTIONS)
def test_every_subscription_and_deadline_keeps_its_id(service: str) -> None:
    assert ids_of(service) == (SUBSCRIPTIONS[service], DEADLINES[service])


@pytest.mark.parametrize("service", SUBSCRIPTIONS)
def test_no_event_type_is_subscribed_to_twice_under_one_id(service: str) -> None:
    for types in ids_of(service)[0].values():
        assert len(set(types)) == len(types)


def test_planted_a_renamed_id_is_seen() -> None:
    module = importlib.import_module("outcomes.subscriptions")
    first: Subscription[object] = module.SUBSCRIPTIONS[0]
    renamed = Subscription("when_something_else", first.contract, first.policy)

    assert listed([renamed, *module.SUBSCRIPTIONS[1:]]) != SUBSCRIPTIONS["outcomes"]


@pytest.mark.parametrize("service", SUBSCRIPTIONS)
def test_those_that_had_heard_everything_when_positions_came_are_kept_under_their_ids(service: str) -> None:
    (path,) = (REPOSITORY / "services" / service / "migrations/versions").glob("*_subscription_positions.py")
    had_heard: dict[str, list[str]] = runpy.run_path(str(path))["SUBSCRIPTIONS"]

    for name, types in had_heard.items():
        assert set(types) <= set(SUBSCRIPTIONS[service].get(name, [])), name
