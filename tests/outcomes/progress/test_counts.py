"""Progress and the report, without I/O."""

from dataclasses import replace
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.ledger.domain.totals import Totals
from outcomes.progress.domain.counts import (
    Slice,
    Tally,
    band_of,
    bands,
    changes,
    counted,
    summed,
    tally,
)
from outcomes.progress.domain.privacy import check_learners_are_own, small_counts_withheld, withheld
from outcomes.progress.domain.reports import report
from shared.kernel import NotFound
from tests.outcomes.ledger.test_account import account, settle
from tests.outcomes.ledger.test_counting import ENOUGH, FULL, RULES

KS3, KS4 = RULES.key_stages["KS3"], RULES.key_stages["KS4"]


def test_bands_go_day_by_day_to_the_target() -> None:
    edges = [(band.from_minutes, band.to_minutes) for band in bands(RULES, KS3)]
    assert edges == [(0, 1), (1, 300), (300, 600), (600, 900), (900, 1200), (1200, 1500), (1500, None)]
    assert [band_of(minutes, RULES, KS3) for minutes in (0, 1, 299, 300, 1499, 1500, 9000)] == [
        0, 1, 1, 2, 5, 6, 6,
    ]  # fmt: skip


def test_key_stage_3_is_not_met_by_virtual_minutes_alone() -> None:
    virtual = Totals(1500, 0, 0)
    assert virtual.flags(KS3) == ("all-virtual",)
    assert not virtual.met(KS3)
    assert virtual.plus(30, in_person=True, placement=False).met(KS3)
    assert virtual.met(KS4)


def test_key_stage_4_without_a_placement_is_flagged() -> None:
    assert Totals(1500, 1500, 0).flags(KS4) == ("no-placement",)
    assert Totals(1500, 1500, 300).flags(KS4) == ()


def test_surplus_is_told_and_stays() -> None:
    surplus = Totals(1800, 300, 0)
    assert surplus.flags(KS3) == ("surplus-stays-in-key-stage",)
    assert surplus.missing_minutes(KS3) == 0
    moved_up = tally(10, (), {"KS3": surplus}, RULES)
    assert moved_up[Slice("KS4", "all", 0)] == Tally(1, 0, 0)


totals = st.builds(Totals, st.integers(0, 2000), st.just(300), st.just(0))
learners = st.tuples(
    st.sampled_from([7, 9, 10, 13]), st.sampled_from([(), ("send",), ("send", "fsm")]), totals
)


Learner = tuple[int, tuple[str, ...], Totals]


@given(st.lists(st.tuples(learners, learners), max_size=12))
def test_moving_learners_between_cells_equals_counting_anew(moves: list[tuple[Learner, Learner]]) -> None:
    def cells(learner: Learner) -> dict[Slice, Tally]:
        year_group, flags, reached = learner
        return tally(year_group, flags, {"KS3": reached, "KS4": reached}, RULES)

    before = summed(cells(old) for old, _ in moves)
    moved = summed([before, *(changes(cells(old), cells(new)) for old, new in moves)])
    assert moved == summed(cells(new) for _, new in moves)


@given(st.lists(st.integers(0, 12), min_size=2, max_size=8))
def test_no_count_below_five_is_shown_or_can_be_worked_out(counts: list[int]) -> None:
    hidden = withheld(counts)
    assert all(hide for count, hide in zip(counts, hidden, strict=True) if 0 < count < 5)
    assert sum(hidden) != 1 or sum(counts) == max(counts)


def test_others_than_the_institution_see_no_small_counts() -> None:
    progress = {
        Slice("KS3", "all", 0): Tally(20, 0, 0),
        Slice("KS3", "all", 6): Tally(3, 4500, 3),
        Slice("KS3", "priority", 6): Tally(3, 4500, 3),
        Slice("KS3", "flag:send", 6): Tally(3, 4500, 3),
        Slice("KS3", "others", 0): Tally(20, 0, 0),
    }
    denials = {"any": Tally(4, 900), "M7": Tally(12, 3600)}
    own = report("KS3", progress, denials, RULES, withhold_small=False)
    assert (own.whole.learners, own.whole.credited_minutes, own.whole.share_met) == (23, 4500, 0.1304)
    assert [(group.group, group.share_met) for group in own.groups] == [
        ("flag:send", 1.0), ("others", 0.0), ("priority", 1.0),
    ]  # fmt: skip

    shown = report("KS3", progress, denials, RULES, withhold_small=True)
    assert shown.whole.learners == 23
    assert (shown.whole.credited_minutes, shown.whole.learners_met, shown.whole.share_met) == (
        None,
        None,
        None,
    )
    assert [band.learners for band in shown.histogram] == [None, 0, 0, 0, 0, 0, None]
    assert all(group.learners is None for group in shown.groups)
    assert [(each.code, each.learner_days) for each in shown.denied] == [("M7", 12), ("any", None)]


def test_only_learners_on_roll_are_counted() -> None:
    learner = account()
    settle(learner, replace(FULL, measures={**ENOUGH, "M7": 0}))
    where = counted(learner, RULES)
    assert {cell.group for cell in where.progress} == {"all", "priority", "flag:send"}
    assert {cell.group for cell in where.denials} == {"any", "M7"}
    learner.leave()
    assert (counted(learner, RULES).progress, counted(learner, RULES).denials) == ({}, {})


def test_only_the_institution_itself_sees_small_counts_and_its_learners() -> None:
    own, trust = uuid4(), uuid4()
    assert not small_counts_withheld(own, own)
    assert small_counts_withheld(trust, own)
    check_learners_are_own(own, own)
    with pytest.raises(NotFound):
        check_learners_are_own(trust, own)
