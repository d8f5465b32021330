"""What claims show, without I/O."""

from datetime import date

import pytest

from outcomes.adapters.rulebook import shipped_frameworks
from outcomes.domain.frameworks import UnknownObjective, check_objectives
from outcomes.domain.meaning import (
    AlreadyReflected,
    Claim,
    SessionNotAttended,
    SessionNotOver,
    check_reflection,
    combined,
    measure_of,
)


@pytest.mark.parametrize(
    ("criterion", "detail", "by_provider", "measure"),
    [
        ("M1", {"purpose_shared_with_learners": True}, True, 2),
        ("M1", {"purpose_shared_with_learners": True}, False, 1),
        ("M1", {"purpose_shared_with_learners": True, "purpose_shared_with_provider": True}, False, 2),
        ("M2", {"objective_codes": ["IE-1.3", "IE-1.3"]}, True, 1),
        ("M3", {"interaction_minutes": 75}, True, 75),
        ("M4", {"roles_met": 3}, True, 3),
        ("M5", {"task": "Plan a repair", "artefact_reference": "EX-0001"}, True, 2),
        ("M5", {}, True, 0),
        ("M6", {}, True, 0),
    ],
)
def test_a_detail_is_measured(
    criterion: str, detail: dict[str, object], by_provider: bool, measure: int
) -> None:
    assert measure_of(criterion, detail, by_provider=by_provider) == measure


def test_the_stronger_word_holds_unless_a_party_says_it_was_not_met() -> None:
    assert combined([Claim("M3", True, 30), Claim("M3", True, 90)]) == {"M3": 90}
    assert combined([Claim("M3", True, 90), Claim("M3", False, 90)]) == {"M3": 0}


def test_a_reflection_needs_attendance_its_time_and_to_be_the_first() -> None:
    day = date(2026, 6, 10)
    check_reflection(attended=True, last_day=day, already=False, today=day)
    with pytest.raises(SessionNotAttended):
        check_reflection(attended=False, last_day=day, already=False, today=day)
    with pytest.raises(SessionNotOver):
        check_reflection(attended=True, last_day=date(2026, 6, 11), already=False, today=day)
    with pytest.raises(AlreadyReflected):
        check_reflection(attended=True, last_day=day, already=True, today=day)


def test_the_shipped_framework_is_whole() -> None:
    equalex = shipped_frameworks()["equalex"]
    assert equalex.version == "2025-07"
    assert len(equalex.tiers) == 3
    assert sum(len(tier.outcomes) for tier in equalex.tiers) == 7
    assert len(set(equalex.objective_codes)) == 20
    assert [criterion.code for criterion in equalex.criteria] == [f"M{number}" for number in range(1, 8)]
    assert sum(stage.days for stage in equalex.guarantee) == 10


def test_an_objective_must_be_published() -> None:
    check_objectives(["IE-1.3"], shipped_frameworks().values(), field="body.objective_codes")
    with pytest.raises(UnknownObjective):
        check_objectives(["IE-9.9"], shipped_frameworks().values(), field="body.objective_codes")
