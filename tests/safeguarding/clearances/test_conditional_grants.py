"""An assurance that ends before the session, and higher risk with nobody of the school there."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from safeguarding.assurances.rule_packs import ChecklistPacks
from safeguarding.clearances.domain.clearance_rules import decide
from safeguarding.main import RULES
from shared.rulepacks import RulePacks
from tests.safeguarding.clearances.test_adults_considered import BLOCK, PACKS, RULES_NOW, TODAY
from tests.safeguarding.clearances.test_clearance_rules import assured

SUMMER = date(2027, 6, 14)
IN_AUTUMN = replace(
    BLOCK,
    days=(SUMMER, SUMMER + timedelta(days=1)),
    assurance=assured(valid_from=TODAY - timedelta(days=30), valid_until=date(2027, 3, 31)),
    decided_on=TODAY,
)


def test_a_summer_place_asked_for_in_autumn_is_granted_on_condition_that_the_insurance_is_renewed() -> None:
    verdict = decide(IN_AUTUMN, RULES_NOW)
    assert verdict.state == "granted"
    assert verdict.reason_codes[:2] == ("assurance-in-force", "assurance-to-be-renewed")
    assert decide(IN_AUTUMN, PACKS.version("2026-09-01")).state == "refused"


@pytest.mark.parametrize(
    "assurance",
    [
        assured(valid_from=TODAY, valid_until=SUMMER),
        assured(valid_from=TODAY + timedelta(days=1), valid_until=date(2027, 3, 31)),
        assured(valid_from=TODAY - timedelta(days=9), valid_until=TODAY - timedelta(days=1)),
        assured(state="suspended", valid_until=date(2027, 3, 31)),
        assured(state="lapsed", valid_until=date(2027, 3, 31)),
    ],
    ids=["ends within the session", "not begun", "over", "suspended", "lapsed"],
)
def test_only_what_is_in_force_today_and_ends_before_the_session_may_be_renewed(assurance: object) -> None:
    assert decide(replace(IN_AUTUMN, assurance=assurance), RULES_NOW).state == "refused"  # type: ignore[arg-type]


@pytest.mark.parametrize("form", ["shadowing", "tour", "placement"])
def test_an_unaccompanied_child_on_a_higher_risk_site_is_referred_in_whatever_form(form: str) -> None:
    foundry = replace(BLOCK, days=BLOCK.days[:1], format=form, activity_band="higher_risk")
    verdict = decide(foundry, RULES_NOW)
    assert verdict.state == "referred"
    assert "higher-risk-unaccompanied-child" in verdict.reason_codes
    if form != "placement":
        assert decide(replace(foundry, accompanied=True), RULES_NOW).state == "granted"
        assert decide(foundry, PACKS.version("2026-09-01")).state == "granted"


def test_the_checklist_is_as_long_as_the_risk_and_what_was_in_force_stays() -> None:
    checklists = ChecklistPacks(RulePacks(RULES))

    def lengths(day: date) -> list[int]:
        bands = ("low_risk", "less_familiar", "higher_risk")
        return [len(checklists.on(day, band).items) for band in bands]

    assert lengths(TODAY) == [7, 13, 16]
    assert lengths(date(2026, 11, 25)) == [10, 14, 17]
    office = checklists.on(TODAY, "low_risk")
    assert [item.code for item in office.items if item.evidence != "none"] == [
        "employers-liability-insurance"
    ]
    [parents] = [item for item in office.items if item.code == "parents-told"]
    assert "fire" in parents.question
    assert "art 19(2)" in parents.source
    [assessed] = [
        item for item in checklists.on(TODAY, "higher_risk").items if item.code == "risk-assessment-seen"
    ]
    assert assessed.exempt_by == ("pooled_experience",)
