"""What claims show, without I/O."""

from datetime import date

import pytest

from outcomes.evidence.domain import (
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
