"""The account of a learner: entries, reversals and totals, without I/O."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.ledger.domain.account import Account, Entry, Occasion
from outcomes.ledger.domain.counting import Evidence
from outcomes.ledger.domain.totals import Totals
from tests.outcomes.ledger.test_counting import ENOUGH, FULL, RULES

BOOKING = uuid4()


def account() -> Account:
    made = Account(id=uuid4(), learner_id=uuid4(), institution_id=uuid4(), present_at=uuid4())
    made.enrol(9, ("send",), on_roll=True, day=date(2025, 10, 1))
    return made


def settle(account: Account, *evidences: Evidence) -> list[Entry]:
    attended = {}
    for number, evidence in enumerate(evidences):
        booking = UUID(int=BOOKING.int ^ number)
        attended[booking] = Occasion(booking, uuid4(), uuid4(), evidence.on), evidence
    account.settle(attended, RULES)
    return [entry for _, entry in account.take_events() if isinstance(entry, Entry)]


def kinds(entries: list[Entry]) -> list[tuple[str, int]]:
    return [(entry.kind, entry.minutes) for entry in entries]


def test_a_denial_is_written_again_only_when_what_is_missing_changed() -> None:
    learner = account()
    nothing: dict[str, int] = {}
    some = {**ENOUGH, "M7": 0}
    assert kinds(settle(learner, replace(FULL, measures=nothing))) == [("denied", 300)]
    assert settle(learner, replace(FULL, measures=nothing)) == []
    (entry,) = settle(learner, replace(FULL, measures=some))
    assert (entry.kind, entry.missing) == ("denied", ("M7",))
    assert kinds(settle(learner, FULL)) == [("credited", 300)]
    assert settle(learner, FULL) == []
    assert learner.totals == {"KS3": Totals(300, 300, 0)}


def test_a_correction_reverses_and_credits_anew() -> None:
    learner = account()
    (credited,) = settle(learner, FULL)
    corrected = settle(learner, replace(FULL, attended_minutes=120))
    assert kinds(corrected) == [("reversed", 300), ("credited", 120)]
    assert corrected[0].reverses == credited.entry_id
    assert learner.totals == {"KS3": Totals(120, 120, 0)}
    assert kinds(settle(learner, replace(FULL, attended_minutes=0))) == [("reversed", 120), ("denied", 0)]
    assert learner.totals == {"KS3": Totals(0, 0, 0)}


@pytest.mark.parametrize("heard_on", [date(2026, 7, 3), date(2026, 8, 10), date(2026, 9, 2)])
def test_a_promotion_moves_no_minute_of_the_year_before(heard_on: date) -> None:
    learner = account()
    settle(learner, FULL)
    learner.enrol(10, (), on_roll=True, day=heard_on)
    assert settle(learner, FULL) == []
    assert learner.totals == {"KS3": Totals(300, 300, 0)}


def test_a_learner_promoted_in_july_is_counted_in_the_old_year_group_until_september() -> None:
    learner = account()
    learner.enrol(10, (), on_roll=True, day=date(2026, 7, 3))
    assert (learner.year_group, learner.moves_up_on(date(2026, 7, 3))) == (9, date(2026, 9, 1))
    learner.move_up(date(2026, 9, 1))
    assert (learner.year_group, learner.moves_up_on(date(2026, 9, 1))) == (10, None)


def test_a_year_group_that_changes_within_the_year_leaves_the_days_before() -> None:
    learner, moved = account(), date(2026, 2, 2)
    before = replace(FULL, on=moved - timedelta(days=1))
    settle(learner, before)
    learner.enrol(10, (), on_roll=True, day=moved)
    assert settle(learner, before) == []
    settle(learner, replace(FULL, on=moved))
    assert learner.totals == {"KS3": Totals(300, 300, 0), "KS4": Totals(300, 300, 0)}


def test_virtual_minutes_count_but_not_as_in_person() -> None:
    learner = account()
    settle(learner, replace(FULL, mode="virtual"))
    assert learner.totals == {"KS3": Totals(300, 0, 0)}
    settle(learner, replace(FULL, mode="hybrid"))
    assert learner.totals == {"KS3": Totals(300, 300, 0)}


arrivals = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.builds(
            replace,
            st.just(FULL),
            attended_minutes=st.sampled_from([0, 90, 240, 300]),
            kind=st.sampled_from([None, "encounter", "workplace_experience"]),
            measures=st.sampled_from([ENOUGH, {**ENOUGH, "M6": 0}, {}]),
        ),
    ),
    min_size=1,
    max_size=8,
)


@given(arrivals)
def test_entries_always_add_up_to_the_totals_and_the_assessments(
    arrived: list[tuple[int, Evidence]],
) -> None:
    learner, known, sums = account(), dict[int, Evidence](), Counter[str]()
    credited, reversed_ = set[UUID](), set[UUID]()
    for number, evidence in arrived:
        known[number] = evidence
        for entry in settle(
            learner, *(known.get(each, replace(FULL, attended_minutes=0)) for each in range(3))
        ):
            sign = {"credited": 1, "denied": 0, "reversed": -1}[entry.kind]
            sums[str(entry.key_stage)] += sign * entry.minutes
            credited |= {entry.entry_id} if sign == 1 else set()
            if entry.reverses is not None:
                assert entry.reverses in credited - reversed_
                reversed_.add(entry.reverses)
    assessed = sum(each.credited_minutes for each in learner.assessments.values())
    assert learner.totals.get("KS3", Totals()).minutes == sums["KS3"] == assessed
