"""The counting rule, without I/O."""

from dataclasses import replace
from datetime import date, time
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outcomes.ledger.domain.counting import Credit, Denial, Evidence, assess, assess_day
from outcomes.ledger.domain.school_years import school_year, with_year_group, year_group_on
from outcomes.ledger.rule_packs import shipped_rules

DAY = date(2026, 6, 10)
RULES = shipped_rules().on(DAY)
ENOUGH = {"M1": 2, "M2": 1, "M3": 60, "M4": 2, "M5": 1, "M6": 1, "M7": 1}
FULL = Evidence(
    on=DAY,
    attended_minutes=300,
    year_group=9,
    booking_ended=False,
    session_known=True,
    starts=time(9),
    ends=time(15),
    kind="workplace_experience",
    mode="in_person",
    measures=ENOUGH,
)


def test_a_full_day_with_all_seven_criteria_is_credited_to_the_minute() -> None:
    assert assess(FULL, RULES) == Credit("KS3", 300, ("criteria-met",))
    assert assess(replace(FULL, attended_minutes=211, year_group=10), RULES) == Credit(
        "KS4", 211, ("criteria-met",)
    )


@pytest.mark.parametrize("criterion", sorted(ENOUGH))
def test_each_criterion_that_falls_short_is_named(criterion: str) -> None:
    short = {**ENOUGH, criterion: ENOUGH[criterion] - 1}
    assert assess(replace(FULL, measures=short), RULES) == Denial("KS3", ("criteria-missing",), (criterion,))


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"kind": "encounter"}, "encounter"),
        ({"kind": "placement"}, "kind-not-for-key-stage"),
        ({"booking_ended": True}, "booking-ended"),
        ({"year_group": 12}, "year-group-without-guarantee"),
        ({"on": date(2025, 5, 7)}, "before-the-rules"),
        ({"attended_minutes": 0}, "absent"),
    ],
)
def test_what_no_evidence_can_mend_is_denied_without_asking_for_any(
    changed: dict[str, object], reason: str
) -> None:
    verdict = assess(replace(FULL, **changed, measures={}), RULES)  # type: ignore[arg-type]
    assert isinstance(verdict, Denial)
    assert (verdict.reason_codes, verdict.missing) == ((reason,), ())


@pytest.mark.parametrize(
    ("unknown", "reason"),
    [
        ({"kind": None, "mode": None}, "opportunity-not-known-yet"),
        ({"session_known": False}, "session-not-known-yet"),
        ({"year_group": None}, "learner-not-known-yet"),
    ],
)
def test_what_has_not_arrived_yet_is_waited_for(unknown: dict[str, object], reason: str) -> None:
    verdict = assess(replace(FULL, **unknown), RULES)  # type: ignore[arg-type]
    assert isinstance(verdict, Denial)
    assert (verdict.reason_codes, verdict.missing) == ((reason,), ())


def test_in_school_counts_only_while_the_switch_is_on() -> None:
    in_school = replace(FULL, mode="in_school")
    assert assess(in_school, RULES) == Credit("KS3", 300, ("criteria-met", "in-school"))
    assert assess(in_school, replace(RULES, in_school_counts=False)) == Denial("KS3", ("in-school",))


def test_a_day_yields_one_day_of_the_guarantee_at_most() -> None:
    assert assess(replace(FULL, attended_minutes=500), RULES) == Credit(
        "KS3", 300, ("criteria-met", "limited-to-one-day", "longer-than-standard-day")
    )


def test_overlapping_sessions_count_once() -> None:
    morning, late = uuid4(), uuid4()
    answers = assess_day(
        {
            late: replace(FULL, starts=time(11), ends=time(13), attended_minutes=120),
            morning: replace(FULL, starts=time(9), ends=time(12), attended_minutes=180),
        },
        RULES,
    )
    assert answers[morning][1] == Credit("KS3", 180, ("criteria-met",))
    assert answers[late][1] == Credit("KS3", 60, ("criteria-met", "limited-by-overlap"))


def test_a_session_within_another_counts_nothing_more() -> None:
    whole, within = uuid4(), uuid4()
    answers = assess_day(
        {whole: FULL, within: replace(FULL, starts=time(10), ends=time(11), attended_minutes=60)},
        replace(RULES, most_minutes_per_day=480),
    )
    assert answers[within][1] == Denial("KS3", ("overlaps-counted-session",))


def test_a_denied_session_takes_no_room_from_another() -> None:
    denied, counted = UUID(int=1), UUID(int=2)
    answers = assess_day({denied: replace(FULL, kind="encounter"), counted: FULL}, RULES)
    assert answers[counted][1] == Credit("KS3", 300, ("criteria-met",))


evidences = st.builds(
    replace,
    st.just(FULL),
    attended_minutes=st.integers(0, 600),
    starts=st.sampled_from([time(8), time(9, 30), time(13)]),
    ends=st.sampled_from([time(14), time(17)]),
    kind=st.sampled_from(["workplace_experience", "encounter", None]),
    year_group=st.sampled_from([8, 9, 12, None]),
    measures=st.sampled_from([ENOUGH, {**ENOUGH, "M7": 0}]),
)
days = st.dictionaries(st.uuids(), evidences, min_size=1, max_size=4)


@given(days, st.randoms())
def test_the_order_of_what_is_known_changes_nothing(day: dict[UUID, Evidence], random: object) -> None:
    shuffled = list(day.items())
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert assess_day(dict(shuffled), RULES) == assess_day(day, RULES)


@given(days)
def test_a_day_never_exceeds_its_limit_nor_what_was_attended(day: dict[UUID, Evidence]) -> None:
    credited = {
        booking: verdict.minutes
        for booking, (_, verdict) in assess_day(day, RULES).items()
        if isinstance(verdict, Credit)
    }
    assert sum(credited.values()) <= RULES.most_minutes_per_day
    assert all(0 < minutes <= day[booking].attended_minutes for booking, minutes in credited.items())


@given(days)
def test_a_decision_run_again_on_its_kept_inputs_gives_the_same(day: dict[UUID, Evidence]) -> None:
    for evidence, verdict in assess_day(day, RULES).values():
        assert assess(Evidence.of(evidence.inputs()), shipped_rules().version(RULES.version)) == verdict


def test_a_learner_who_moved_up_stays_in_last_years_group_for_what_came_before() -> None:
    groups = {date(2025, 9, 1): 9, date(2026, 9, 1): 10}
    assert school_year(date(2026, 8, 31)) == 2025
    assert school_year(date(2026, 9, 1)) == 2026
    assert year_group_on(date(2026, 7, 10), groups) == 9
    assert year_group_on(date(2026, 9, 10), groups) == 10
    assert year_group_on(date(2028, 1, 10), groups) == 10
    assert year_group_on(date(2024, 1, 10), groups) == 9
    assert year_group_on(DAY, {}) is None


@pytest.mark.parametrize(
    ("heard", "held"),
    [
        ([(9, date(2025, 10, 1)), (10, date(2026, 7, 3))], {date(2026, 8, 31): 9, date(2026, 9, 1): 10}),
        ([(9, date(2025, 10, 1)), (10, date(2026, 9, 20))], {date(2026, 8, 31): 9, date(2026, 9, 1): 10}),
        ([(9, date(2025, 10, 1)), (10, date(2026, 2, 2))], {date(2026, 2, 1): 9, date(2026, 2, 2): 10}),
        (
            [(9, date(2025, 10, 1)), (10, date(2026, 7, 3)), (9, date(2026, 8, 20))],
            {date(2026, 8, 31): 9, date(2026, 9, 1): 9},
        ),
        ([(9, date(2024, 9, 9)), (10, date(2026, 7, 3))], {date(2026, 7, 3): 9, date(2026, 9, 1): 10}),
    ],
    ids=["promoted in July", "heard in September", "moved within the year", "taken back", "repeating"],
)
def test_a_year_group_holds_from_its_day_on_and_never_before(
    heard: list[tuple[int, date]], held: dict[date, int]
) -> None:
    recorded: dict[date, int] = {}
    for year_group, day in heard:
        recorded = with_year_group(year_group, day, recorded)
    assert {day: year_group_on(day, recorded) for day in held} == held
