"""Hours of sessions, who may be offered a placement, and who comes accompanied, by the rules in force."""

from datetime import date, time, timedelta
from typing import Any
from uuid import uuid4

import pytest

from opportunities.offers.domain.offer import OfferNotAllowed
from opportunities.offers.domain.opportunity import Opportunity
from opportunities.offers.domain.session import Day
from opportunities.offers.rule_packs import OfferRulePacks
from tests.opportunities.scenario import offer, session

TODAY = date(2026, 11, 26)
MONDAY = date(2027, 6, 14)
BEFORE, RULES = OfferRulePacks().on(date(2026, 11, 25)), OfferRulePacks().on(TODAY)
PLACEMENT: dict[str, Any] = {"kind": "placement", "format": "placement"}


def day(starts: str, ends: str, on: date = MONDAY) -> Day:
    return Day(on, time.fromisoformat(starts), time.fromisoformat(ends))


@pytest.mark.parametrize(
    ("starts", "ends"),
    [("04:00", "12:00"), ("06:59", "12:00"), ("15:00", "19:01"), ("08:00", "16:31"), ("04:00", "23:59")],
)
def test_no_day_of_children_is_unsocial_or_longer_than_eight_hours_and_a_break(
    starts: str, ends: str
) -> None:
    BEFORE.check_hours(offer(year_groups=(9,)), [day(starts, ends)])
    with pytest.raises(OfferNotAllowed) as refused:
        RULES.check_hours(offer(year_groups=(9,)), [day(starts, ends)])
    assert (refused.value.facts["rule"], refused.value.field) == ("hours-of-children", "body.days")


@pytest.mark.parametrize(("starts", "ends"), [("07:00", "15:30"), ("09:00", "17:30"), ("15:00", "19:00")])
def test_eight_hours_with_a_break_of_half_an_hour_are_allowed(starts: str, ends: str) -> None:
    RULES.check_hours(offer(year_groups=(9, 10)), [day(starts, ends)])


def test_accompanied_learners_may_stay_for_the_evening_and_no_later() -> None:
    RULES.check_hours(offer(accompanied=True), [day("18:00", "22:00")])
    with pytest.raises(OfferNotAllowed):
        RULES.check_hours(offer(accompanied=True), [day("18:00", "22:01")])


def test_young_workers_have_hours_of_their_own() -> None:
    RULES.check_hours(offer(**PLACEMENT, year_groups=(12, 13)), [day("06:00", "14:00")])
    with pytest.raises(OfferNotAllowed) as refused:
        RULES.check_hours(offer(**PLACEMENT, year_groups=(12,)), [day("05:30", "12:00")])
    assert refused.value.facts["rule"] == "hours-of-young-workers"


def test_any_seven_days_have_two_of_rest() -> None:
    week = [day("09:00", "15:00", MONDAY + timedelta(days=n)) for n in range(6)]
    RULES.check_hours(offer(), week[:5])
    with pytest.raises(OfferNotAllowed):
        RULES.check_hours(offer(), week)


def test_a_session_is_refused_as_it_is_added() -> None:
    opportunity = Opportunity.draft(uuid4(), uuid4(), offer(), RULES)
    with pytest.raises(OfferNotAllowed):
        opportunity.add_session(session(days=(day("04:00", "12:00"),)), TODAY, RULES)
    assert opportunity.sessions == []


@pytest.mark.parametrize("year_groups", [(10, 11), (12,), (12, 13)])
def test_a_placement_may_be_offered_in_the_last_compulsory_years_and_after(
    year_groups: tuple[int, ...],
) -> None:
    RULES.check(offer(**PLACEMENT, year_groups=year_groups))


def test_a_placement_is_not_offered_to_key_stage_3() -> None:
    with pytest.raises(OfferNotAllowed) as refused:
        RULES.check(offer(**PLACEMENT, year_groups=(9, 10)))
    assert refused.value.facts["rule"] == "placement-not-before-last-two-compulsory-years"


@pytest.mark.parametrize("form", ["shadowing", "tour", "employer_project"])
def test_key_stage_3_does_not_go_to_a_foundry_alone_in_whatever_form(form: str) -> None:
    foundry: dict[str, Any] = {
        "format": form,
        "mode": "in_person",
        "site_id": uuid4(),
        "activity_band": "higher_risk",
        "year_groups": (7,),
    }
    RULES.check(offer(**foundry, accompanied=True))
    with pytest.raises(OfferNotAllowed) as refused:
        RULES.check(offer(**foundry, accompanied=False))
    assert refused.value.facts["rule"] == "higher-risk-accompanied-in-person"
