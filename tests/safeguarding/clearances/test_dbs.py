"""Which adults need a DBS check."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguarding.clearances.domain.dbs import DbsAnswer, busiest_period, dbs_answer
from safeguarding.clearances.rule_packs import ClearanceRulePacks
from safeguarding.main import RULES
from shared.rulepacks import RulePacks

FIRST = date(2026, 3, 2)
RULE_PACKS = ClearanceRulePacks(RulePacks(RULES))
BEFORE = RULE_PACKS.on(date(2026, 8, 31)).dbs
SINCE = RULE_PACKS.on(date(2026, 9, 1)).dbs
days = st.lists(st.integers(0, 120).map(lambda n: FIRST + timedelta(days=n)), max_size=12)


def run(length: int, start: date = FIRST) -> list[date]:
    return [start + timedelta(days=n) for n in range(length)]


def test_the_supervision_exemption_ends_on_1_september_2026() -> None:
    assert BEFORE.supervision_exempts
    assert not SINCE.supervision_exempts
    assert RULE_PACKS.on(date(2026, 8, 31)).version == "2025-09-01"
    assert RULE_PACKS.on(date(2026, 9, 1)).version == "2026-09-01"


@pytest.mark.parametrize(
    ("days_in_period", "overnight", "supervised", "before", "since"),
    [
        (3, False, False, DbsAnswer.NOT_REQUIRED, DbsAnswer.NOT_REQUIRED),
        (4, False, False, DbsAnswer.REQUIRED, DbsAnswer.REQUIRED),
        (4, False, True, DbsAnswer.CONSIDER, DbsAnswer.REQUIRED),
        (1, True, False, DbsAnswer.REQUIRED, DbsAnswer.REQUIRED),
        (1, True, True, DbsAnswer.CONSIDER, DbsAnswer.REQUIRED),
        (3, False, True, DbsAnswer.NOT_REQUIRED, DbsAnswer.NOT_REQUIRED),
    ],
)
def test_the_answer_by_days_nights_and_supervision(
    days_in_period: int, overnight: bool, supervised: bool, before: DbsAnswer, since: DbsAnswer
) -> None:
    for law, expected in ((BEFORE, before), (SINCE, since)):
        answer = dbs_answer(
            law,
            any_under_16=True,
            days_in_period=days_in_period,
            overnight=overnight,
            supervised=supervised,
        )
        assert answer is expected


def test_no_check_may_be_asked_of_those_who_supervise_16_and_17_only() -> None:
    answer = dbs_answer(SINCE, any_under_16=False, days_in_period=20, overnight=True, supervised=False)
    assert answer is DbsAnswer.NOT_PERMITTED


def test_a_period_of_30_days_holds_its_first_and_thirtieth_day_and_not_the_next() -> None:
    assert busiest_period([FIRST], [FIRST + timedelta(days=29)], 30) == 2
    assert busiest_period([FIRST], [FIRST + timedelta(days=30)], 30) == 1
    assert busiest_period(run(1), run(3, FIRST - timedelta(days=29)), 30) == 4


def test_busy_days_far_from_the_session_do_not_count() -> None:
    assert busiest_period([FIRST], run(10, FIRST + timedelta(days=60)), 30) == 1


@given(own=days, other=days)
def test_the_busiest_period_is_what_trying_every_period_finds(own: list[date], other: list[date]) -> None:
    found = 0
    for start in range(-40, 170):
        first = FIRST + timedelta(days=start)
        period = {day for day in own + other if first <= day < first + timedelta(days=30)}
        if period & set(own):
            found = max(found, len(period))
    assert busiest_period(own, other, 30) == found


@given(own=days, other=days, more=days)
def test_more_days_never_make_a_period_less_busy(
    own: list[date], other: list[date], more: list[date]
) -> None:
    assert busiest_period(own, other + more, 30) >= busiest_period(own, other, 30)
