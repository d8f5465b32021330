"""An opportunity's life."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opportunities.offers.domain import events
from opportunities.offers.domain import opportunity as domain
from opportunities.offers.domain.opportunity import Opportunity, Publishing
from opportunities.offers.domain.session import (
    MOST_SESSIONS,
    SessionCancelledAlready,
    SessionUnknown,
    TooManySessions,
)
from opportunities.offers.rule_packs import OfferRulePacks
from shared.kernel import Refusal, StaleVersion
from tests.opportunities.scenario import TODAY, offer, session

RULES = OfferRulePacks().on(TODAY)
BASIS = Publishing(datetime(2026, 11, 23, 9, tzinfo=UTC), TODAY, RULES, None, None)


def drafted(**members: object) -> Opportunity:
    return Opportunity.draft(uuid4(), uuid4(), offer(**members), RULES)


def published() -> Opportunity:
    opportunity = drafted()
    opportunity.add_session(session(), TODAY, RULES)
    opportunity.publish(BASIS)
    opportunity.take_events()
    return opportunity


def kinds(opportunity: Opportunity) -> list[type]:
    return [type(event) for _, event in opportunity.take_events()]


def test_publishing_records_the_opportunity_first_and_then_its_sessions() -> None:
    opportunity = drafted()
    late, early = session(TODAY + timedelta(days=60)), session(TODAY + timedelta(days=30))
    gone = session(TODAY)
    opportunity.sessions = [late, early, gone]
    opportunity.take_events()

    opportunity.publish(BASIS)

    assert kinds(opportunity) == [
        events.OpportunityPublished,
        events.SessionScheduled,
        events.SessionScheduled,
    ]
    assert [each.state for each in opportunity.sessions] == ["scheduled", "scheduled", "planned"]
    assert opportunity.decided is not None
    assert opportunity.decided.version == RULES.version


@pytest.mark.parametrize(
    ("members", "basis", "refusal"),
    [
        (
            {"mode": "in_person", "site_id": uuid4()},
            {"not_assured": "assurance-lapsed"},
            domain.SiteNotAssured,
        ),
        ({"objective_codes": ("II-1.1",)}, {}, domain.FrameworkNotKnown),
        (
            {"objective_codes": ("II-1.1", "ZZ-9")},
            {"objective_codes": frozenset({"II-1.1"})},
            domain.ObjectiveUnknown,
        ),
    ],
)
def test_publishing_is_refused(
    members: dict[str, object], basis: dict[str, object], refusal: type[Refusal]
) -> None:
    opportunity = drafted(**members)
    opportunity.add_session(session(), TODAY, RULES)

    with pytest.raises(refusal):
        opportunity.publish(replace(BASIS, **basis))  # type: ignore[arg-type]

    assert opportunity.state == "draft"


def test_a_virtual_opportunity_needs_no_assurance() -> None:
    opportunity = drafted()
    opportunity.add_session(session(), TODAY, RULES)
    opportunity.publish(replace(BASIS, not_assured="assurance-missing"))

    assert opportunity.state == "published"


def test_publishing_needs_a_session_after_today() -> None:
    opportunity = drafted()
    opportunity.add_session(session(TODAY), TODAY, RULES)

    with pytest.raises(domain.NoSessionAhead):
        opportunity.publish(BASIS)


def test_what_is_published_is_neither_changed_nor_published_again() -> None:
    opportunity = published()

    with pytest.raises(domain.NotDraft):
        opportunity.revise(opportunity.version, offer(), RULES)
    with pytest.raises(domain.NotDraft):
        opportunity.publish(BASIS)


def test_a_draft_is_changed_only_by_who_read_it_last() -> None:
    opportunity = drafted()
    opportunity.revise(1, offer(title="A better title"), RULES)

    with pytest.raises(StaleVersion):
        opportunity.revise(1, offer(), RULES)


def test_a_session_added_later_is_scheduled_at_once() -> None:
    opportunity = published()

    added = opportunity.add_session(session(), TODAY, RULES)

    assert added.state == "scheduled"
    assert kinds(opportunity) == [events.SessionScheduled]


def test_an_opportunity_out_of_the_listing_takes_no_sessions() -> None:
    opportunity = published()
    opportunity.apply_assurance("assurance-suspended")

    with pytest.raises(domain.NotOpen):
        opportunity.add_session(session(), TODAY, RULES)


def test_an_opportunity_has_a_bound_of_sessions() -> None:
    opportunity = drafted()
    for _ in range(MOST_SESSIONS):
        opportunity.add_session(session(), TODAY, RULES)

    with pytest.raises(TooManySessions):
        opportunity.add_session(session(), TODAY, RULES)


def test_sessions_that_are_past_or_cancelled_make_room_for_others() -> None:
    opportunity = drafted()
    opportunity.sessions = [session(TODAY - timedelta(days=7)) for _ in range(MOST_SESSIONS)]
    for _ in range(MOST_SESSIONS):
        opportunity.add_session(session(), TODAY, RULES)
    opportunity.cancel_session(opportunity.sessions[-1].id, "staff-not-available")

    opportunity.add_session(session(), TODAY, RULES)

    with pytest.raises(TooManySessions):
        opportunity.add_session(session(), TODAY, RULES)


def test_a_session_is_cancelled_once() -> None:
    opportunity = published()
    only = opportunity.sessions[0].id
    opportunity.cancel_session(only, "staff-not-available")

    assert kinds(opportunity) == [events.SessionCancelled]
    with pytest.raises(SessionCancelledAlready):
        opportunity.cancel_session(only, "staff-not-available")
    with pytest.raises(SessionUnknown):
        opportunity.cancel_session(uuid4(), "staff-not-available")


def test_what_happens_to_a_draft_is_a_change_that_is_not_published() -> None:
    opportunity = drafted()
    planned = opportunity.add_session(session(), TODAY, RULES)
    opportunity.cancel_session(planned.id, "staff-not-available")
    opportunity.withdraw("not-needed")

    assert set(kinds(opportunity)) == {events.OpportunityChanged}
    with pytest.raises(domain.WithdrawnAlready):
        opportunity.withdraw("not-needed")


@given(st.lists(st.sampled_from([None, "assurance-suspended", "assurance-lapsed"])))
def test_the_last_change_of_assurance_decides_whether_it_is_listed(reasons: list[str | None]) -> None:
    opportunity = published()

    for reason in reasons:
        opportunity.apply_assurance(reason)

    last = reasons[-1] if reasons else None
    assert opportunity.state == ("suspended" if last else "published")
    happened = kinds(opportunity)
    assert all(one is not two for one, two in pairwise(happened))


def test_assurance_brings_back_nothing_that_was_withdrawn() -> None:
    opportunity = published()
    opportunity.withdraw("closed")

    opportunity.apply_assurance(None)

    assert opportunity.state == "withdrawn"
