"""Who may be booked onto what, by the rules in force."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from bookings.capacity.domain import Session
from bookings.copies.domain import Institution
from bookings.main import RULES as FOLDER
from bookings.reservations.domain.eligibility import (
    Candidate,
    InstitutionNotEligible,
    LearnerAlreadyBooked,
    LearnerBusy,
    PlacementNotLawful,
    YearGroupNotOffered,
    decide,
)
from bookings.reservations.rule_packs import eligibility_rules
from shared.rulepacks import RulePacks
from tests.bookings.examples import SESSION

RULES = eligibility_rules(RulePacks(FOLDER))(date(2026, 3, 3))
SCHOOL = Institution("institution", "academy", open=True)
PLACEMENT = replace(SESSION, format="placement", kind="placement", year_groups=frozenset(range(7, 14)))


def candidate(year_group: int = 10, **changes: Any) -> Candidate:
    facts: dict[str, Any] = {"birth_date": date(2012, 1, 15), "booked": False, "busy": False}
    return Candidate(uuid4(), year_group, **facts | changes)


def test_a_decision_names_its_rules_and_its_inputs_by_pseudonym() -> None:
    learner = candidate()

    decision = decide(RULES, SCHOOL, SESSION, [learner])

    assert (decision.rule_pack, decision.version) == ("booking-eligibility", "2025-09")
    assert decision.reason_codes == ("institution-eligible", "year-group-offered")
    assert decision.inputs["learners"] == {str(learner.learner_id): 10}


@pytest.mark.parametrize("session", [PLACEMENT, replace(PLACEMENT, kind="workplace_experience")])
@pytest.mark.parametrize("year_group", [7, 8, 9, 12, 13])
def test_a_placement_is_for_the_last_two_years_of_compulsory_schooling(
    session: Session, year_group: int
) -> None:
    with pytest.raises(PlacementNotLawful) as refused:
        decide(RULES, SCHOOL, session, [candidate(10), candidate(year_group)])

    assert refused.value.facts["rule"] == "last-two-compulsory-years"
    assert refused.value.facts["source"] == "Education Act 1996, section 560"
    assert refused.value.facts["rule_pack"] == "booking-eligibility"
    assert refused.value.facts["version"] == "2025-09"


@pytest.mark.parametrize("year_group", [10, 11])
def test_a_lawful_placement_says_by_which_rule(year_group: int) -> None:
    decision = decide(RULES, SCHOOL, PLACEMENT, [candidate(year_group)])

    assert "last-two-compulsory-years" in decision.reason_codes


def test_year_groups_that_are_not_offered_are_refused() -> None:
    with pytest.raises(YearGroupNotOffered):
        decide(RULES, SCHOOL, SESSION, [candidate(11)])


@pytest.mark.parametrize(
    ("institution", "reason"),
    [
        (None, "not-known"),
        (Institution("provider", None, open=True), "not-known"),
        (replace(SCHOOL, open=False), "closed"),
        (replace(SCHOOL, institution_type="independent"), "type-not-covered"),
    ],
)
def test_an_institution_must_be_known_open_and_covered(institution: Institution | None, reason: str) -> None:
    with pytest.raises(InstitutionNotEligible) as refused:
        decide(RULES, institution, SESSION, [candidate()])

    assert refused.value.facts["reason"] == reason


def test_a_learner_has_one_place_at_a_time() -> None:
    with pytest.raises(LearnerAlreadyBooked):
        decide(RULES, SCHOOL, SESSION, [candidate(booked=True, busy=True)])
    with pytest.raises(LearnerBusy):
        decide(RULES, SCHOOL, SESSION, [candidate(busy=True)])
