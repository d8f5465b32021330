"""Placements by age: the last two years of compulsory schooling, and nothing that binds after them."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from bookings.copies.domain import Institution
from bookings.main import RULES as FOLDER
from bookings.reservations.domain.ages import (
    days_under_16,
    in_last_two_compulsory_years,
    year_group_by_age,
)
from bookings.reservations.domain.eligibility import Candidate, PlacementNotLawful, booked, decide
from bookings.reservations.rule_packs import eligibility_rules
from shared.rulepacks import RulePacks
from tests.bookings.examples import SESSION

DAY = date(2027, 3, 3)
CHOOSE = eligibility_rules(RulePacks(FOLDER))
RULES = CHOOSE(DAY)
SCHOOL = Institution("institution", "academy", open=True)
PLACEMENT = replace(
    SESSION, format="placement", kind="placement", year_groups=frozenset({10, 11, 12, 13}), first_day=DAY
)


def candidate(year_group: int, born: date) -> Candidate:
    return Candidate(uuid4(), year_group, born, booked=False, busy=False)


def placed(*candidates: Candidate) -> tuple[str, ...]:
    return decide(RULES, SCHOOL, PLACEMENT, candidates).reason_codes


def test_the_version_of_before_stays_in_force_for_sessions_of_before() -> None:
    assert CHOOSE(date(2026, 11, 25)).version == "2025-09"
    assert RULES.version == "2026-11-26"
    with pytest.raises(PlacementNotLawful):
        decide(CHOOSE(date(2026, 11, 25)), SCHOOL, PLACEMENT, [candidate(12, date(2010, 1, 1))])


@pytest.mark.parametrize("born", [date(2011, 9, 1), date(2012, 8, 31)])
def test_the_last_two_compulsory_years_begin_with_the_school_year_of_turning_15(born: date) -> None:
    leaving, first = RULES.leaving, date(2026, 9, 1)
    assert not in_last_two_compulsory_years(born, date(2026, 8, 31), leaving)
    assert in_last_two_compulsory_years(born, first, leaving)
    assert in_last_two_compulsory_years(born, date(2028, 6, 30), leaving)
    assert not in_last_two_compulsory_years(born, date(2028, 7, 1), leaving)
    assert (year_group_by_age(born, first, leaving), year_group_by_age(born, DAY, leaving)) == (10, 10)


def test_a_deferred_summer_born_learner_in_year_9_may_work_in_a_placement_when_old_enough() -> None:
    assert placed(candidate(9, date(2012, 7, 10)))[-1] == "last-two-compulsory-years"


def test_an_accelerated_learner_in_year_10_may_not_before_the_last_two_compulsory_years() -> None:
    with pytest.raises(PlacementNotLawful) as refused:
        placed(candidate(10, date(2012, 10, 1)))
    assert refused.value.facts["version"] == "2026-11-26"


@pytest.mark.parametrize(("year_group", "born"), [(12, date(2010, 5, 1)), (13, date(2009, 5, 1))])
def test_a_placement_after_16_is_possible_for_the_law_on_employing_children_does_not_bind(
    year_group: int, born: date
) -> None:
    assert "over-compulsory-school-age" in placed(candidate(year_group, born))


def test_a_learner_below_the_last_two_years_is_named_and_no_other() -> None:
    young, old = candidate(9, date(2013, 2, 1)), candidate(12, date(2010, 2, 1))
    with pytest.raises(PlacementNotLawful) as refused:
        placed(young, old)
    assert refused.value.facts["learner_ids"] == [str(young.learner_id)]


def test_what_the_decision_used_of_a_learner_is_kept_without_a_birth_date() -> None:
    learner = candidate(9, date(2012, 7, 10))
    inputs = decide(RULES, SCHOOL, PLACEMENT, [learner]).inputs
    assert inputs["learners"] == {
        str(learner.learner_id): {
            "year_group": 9,
            "year_group_by_age": 10,
            "of_compulsory_school_age": True,
            "in_last_two_compulsory_years": True,
        }
    }


@pytest.mark.parametrize(
    ("born", "under_16", "every_day"),
    [
        (date(2011, 3, 6), 5, True),
        (date(2011, 3, 5), 4, False),
        (date(2011, 3, 1), 0, False),
    ],
)
def test_ages_are_those_of_each_day_of_the_session(born: date, under_16: int, every_day: bool) -> None:
    week = [date(2027, 3, day) for day in range(1, 6)]
    learner = booked(uuid4(), born, [], week, RULES)
    assert days_under_16(born, week) == learner.under_16_days == under_16
    assert learner.under_16_on_every_day is every_day
    assert learner.in_last_two_compulsory_years


@pytest.mark.parametrize(("flags", "needs"), [(["ehcp"], True), (["pupil-premium"], False), ([], False)])
def test_a_review_is_asked_for_by_the_codes_of_the_rules_and_never_says_which(
    flags: list[str], needs: bool
) -> None:
    learner = booked(uuid4(), date(2012, 1, 1), flags, [DAY], RULES)
    assert learner.needs_review is needs
    assert not any(flag in repr(learner) for flag in flags)


@pytest.mark.parametrize("kind", ["independent", "special", "alternative_provision"])
def test_every_type_of_school_may_book_for_its_learners(kind: str) -> None:
    decision: Any = decide(
        RULES, Institution("institution", kind, open=True), PLACEMENT, [candidate(10, date(2012, 1, 15))]
    )
    assert decision.reason_codes[0] == "institution-eligible"
