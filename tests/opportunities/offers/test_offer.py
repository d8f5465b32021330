"""The dated rules of offers."""

from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from opportunities.offers.domain.offer import OfferNotAllowed
from opportunities.offers.rule_packs import OfferRulePacks
from tests.opportunities.scenario import TODAY, offer

RULES = OfferRulePacks().on(TODAY)


@pytest.mark.parametrize(
    "members",
    [
        {},
        {"kind": "placement", "format": "placement", "year_groups": (10, 11)},
        {"mode": "in_person", "site_id": uuid4()},
        {"mode": "in_school"},
        {"planned_criteria": ("M2", "M5"), "objective_codes": ("II-1.1",), "task_brief": "Draw a bracket."},
    ],
)
def test_what_keeps_to_the_rules_is_allowed(members: dict[str, Any]) -> None:
    RULES.check(offer(**members))


@pytest.mark.parametrize(
    ("members", "rule", "field"),
    [
        ({"format": "placement", "year_groups": (10,)}, "placement-format-needs-placement", "body.kind"),
        (
            {"kind": "placement", "year_groups": (9, 10)},
            "placement-in-last-two-compulsory-years",
            "body.year_groups",
        ),
        (
            {"kind": "placement", "format": "placement", "year_groups": (12,)},
            "placement-in-last-two-compulsory-years",
            "body.year_groups",
        ),
        ({"mode": "in_person"}, "site-where-learners-come", "body.site_id"),
        ({"mode": "hybrid"}, "site-where-learners-come", "body.site_id"),
        ({"site_id": uuid4()}, "no-site-where-nobody-comes", "body.site_id"),
        ({"planned_criteria": ("M2",)}, "objectives-where-planned", "body.objective_codes"),
        ({"planned_criteria": ("M5",)}, "task-where-planned", "body.task_brief"),
    ],
)
def test_a_broken_rule_is_named_with_its_source(members: dict[str, Any], rule: str, field: str) -> None:
    with pytest.raises(OfferNotAllowed) as refused:
        RULES.check(offer(**members))

    assert refused.value.facts["rule"] == rule
    assert refused.value.facts["version"] == "2025.1"
    assert refused.value.facts["source"]
    assert refused.value.field == field


def test_learners_who_come_to_a_site_need_its_assurance() -> None:
    assert [
        mode
        for mode in ("in_person", "hybrid", "virtual", "in_school")
        if RULES.needs_assurance(offer(mode=mode))
    ] == [
        "in_person",
        "hybrid",
    ]


def test_there_are_no_rules_before_the_first() -> None:
    with pytest.raises(LookupError):
        OfferRulePacks().on(date(2025, 8, 31))
