"""More than three days by one adult are to be considered: what settles it, and nothing steps round it."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from safeguarding.clearances.domain.clearance_rules import Case, Learners, adults_decided_on, decide
from safeguarding.clearances.domain.dbs import (
    AdultDecision,
    ServesUntilOutOfRange,
    Supervisor,
    unnamed_adult,
)
from safeguarding.clearances.rule_packs import ClearanceRulePacks
from safeguarding.main import RULES
from safeguarding.supervisors.domain import DbsCheck, NoCheckNeeded
from shared.contracts.bookings import BookingRequested
from shared.contracts.opportunities import SessionScheduled
from shared.contracts.safeguarding import ClearanceGranted, ClearanceReferred
from shared.rulepacks import RulePacks
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.clearances.test_clearance_rules import CASE as ONE_DAY
from tests.safeguarding.scenario import SEEN, Scenario, as_tenants, learner, open_scenario

TODAY = date(2026, 11, 30)
MONDAY = date(2026, 12, 7)
WEEK = [MONDAY + timedelta(days=n) for n in range(5)]
PACKS = ClearanceRulePacks(RulePacks(RULES))
RULES_NOW = PACKS.on(MONDAY)
ADULT = uuid4()
CHECK = DbsCheck("enhanced_with_barred_list", TODAY, "manager", outcome=True)
GROUND = NoCheckNeeded("not-in-charge-of-learners", "manager", TODAY)
YES = AdultDecision(True, "known-to-us", TODAY, WEEK[-1])
BLOCK: Case = replace(
    ONE_DAY,
    format="placement",
    accompanied=False,
    days=tuple(WEEK),
    assurance=replace(ONE_DAY.assurance, valid_until=date(2027, 7, 31)),  # type: ignore[type-var]
    learners=Learners(total=1, under_16=1, below_school_leaving_age=1),
    supervisors=(Supervisor(ADULT),),
)


def decided(**adult: Any) -> tuple[str, tuple[str, ...]]:
    verdict = decide(replace(BLOCK, supervisors=(replace(BLOCK.supervisors[0], **adult),)), RULES_NOW)
    return verdict.state, verdict.reason_codes


def test_the_ordinary_five_day_block_is_referred_and_not_refused() -> None:
    assert decided() == ("referred", ("adult-to-be-considered", "assurance-in-force", "dbs-consider"))


def test_the_versions_of_before_stay_in_force_for_the_days_of_before() -> None:
    assert PACKS.on(date(2026, 11, 25)).version == "2026-09-01"
    assert PACKS.on(date(2026, 8, 31)).version == "2025-09-01"
    assert RULES_NOW.version == "2026-11-26"
    assert decide(BLOCK, PACKS.version("2026-09-01")).state == "refused"


@pytest.mark.parametrize(
    ("adult", "code"),
    [
        ({"check": CHECK}, "dbs-check-seen"),
        ({"no_check_needed": GROUND}, "dbs-stated-not-needed"),
        ({"decision": YES}, "adult-accepted-by-lead"),
    ],
)
def test_a_check_a_ground_or_a_leads_decision_clears_the_block_by_itself(
    adult: dict[str, Any], code: str
) -> None:
    assert decided(**adult) == ("granted", ("assurance-in-force", "dbs-consider", code))


@pytest.mark.parametrize(
    "adult",
    [
        {"check": replace(CHECK, type="basic")},
        {"no_check_needed": replace(GROUND, ground="supervised")},
        {"decision": replace(YES, serves_until=WEEK[-2])},
    ],
)
def test_a_lesser_check_being_supervised_or_a_decision_that_ended_before_the_last_day_settles_nothing(
    adult: dict[str, Any],
) -> None:
    state, codes = decided(**adult)
    assert (state, codes[0]) == ("referred", "adult-to-be-considered")


def test_a_lead_who_said_no_is_not_asked_again_and_a_check_that_is_not_clear_refuses() -> None:
    assert decided(decision=replace(YES, accepted=False))[0] == "refused"
    state, codes = decided(check=replace(CHECK, outcome=False), decision=YES)
    assert (state, codes[0]) == ("refused", "dbs-outcome-not-clear")


@pytest.mark.parametrize("supervisors", [(), (Supervisor(ADULT, named=False),)])
def test_five_days_with_nobody_named_are_referred_too(supervisors: tuple[Supervisor, ...]) -> None:
    assert decide(replace(BLOCK, supervisors=supervisors), RULES_NOW).state == "referred"


def test_a_virtual_week_of_four_days_is_referred_and_not_refused() -> None:
    virtual = replace(BLOCK, mode="virtual", site_id=None, assurance=None, days=tuple(WEEK[:4]))
    verdict = decide(virtual, RULES_NOW)
    assert (verdict.state, verdict.reason_codes[0]) == ("referred", "adult-to-be-considered")


def test_three_days_with_nobody_known_to_supervise_more_are_granted() -> None:
    assert decide(replace(BLOCK, days=tuple(WEEK[:3])), RULES_NOW).state == "granted"


def test_a_week_of_learners_aged_16_and_17_asks_for_no_check_of_anybody() -> None:
    older = replace(BLOCK, learners=Learners(total=1, under_16=0, below_school_leaving_age=0))
    verdict = decide(older, RULES_NOW)
    assert (verdict.state, verdict.reason_codes) == ("granted", ("assurance-in-force", "dbs-not-permitted"))


@pytest.mark.parametrize(
    ("days_under_16", "state"),
    [((5,), "referred"), ((4,), "referred"), ((3,), "granted"), ((3, 3, 4), "referred")],
)
def test_only_days_on_which_a_learner_is_under_16_count(days_under_16: tuple[int, ...], state: str) -> None:
    learners = Learners(len(days_under_16), len(days_under_16), len(days_under_16), days_under_16)
    assert decide(replace(BLOCK, learners=learners), RULES_NOW).state == state


def test_a_learner_who_needs_it_makes_the_review_of_the_risk_assessment_a_condition() -> None:
    one_day = replace(BLOCK, days=(MONDAY,), learners=Learners(1, 1, 1, (1,), need_review=1))
    verdict = decide(one_day, RULES_NOW)
    assert (verdict.state, verdict.reason_codes[-1]) == ("granted", "risk-assessment-reviewed-before-start")


def test_a_refusal_speaks_of_an_adult_only_where_nothing_else_was_to_be_decided() -> None:
    assert adults_decided_on(BLOCK, RULES_NOW, granted=False) == (ADULT,)
    overnight = replace(BLOCK, overnight=True)
    assert adults_decided_on(overnight, RULES_NOW, granted=False) == ()
    assert adults_decided_on(overnight, RULES_NOW, granted=True) == (ADULT,)
    two = replace(BLOCK, supervisors=(Supervisor(ADULT), Supervisor(uuid4())))
    assert adults_decided_on(two, RULES_NOW, granted=False) == ()


def test_a_leads_decision_serves_a_year_unless_it_says_less_and_never_less_than_its_own_session() -> None:
    def until(day: date | None) -> date:
        return AdultDecision.by_a_lead(RULES_NOW.dbs, True, "known", TODAY, WEEK[-1], day).serves_until

    assert until(None) == TODAY + timedelta(days=365)
    assert until(WEEK[-1]) == WEEK[-1]
    for wrong in (WEEK[-2], TODAY + timedelta(days=366)):
        with pytest.raises(ServesUntilOutOfRange):
            until(wrong)


async def block(scenario: Scenario, *adults: UUID, **changes: Any) -> SessionScheduled:
    return await scenario.offer(
        *changes.pop("days", WEEK),
        **{"format": "placement", "accompanied": False, "supervisors": list(adults)} | changes,
    )


async def state_of(scenario: Scenario, booking: BookingRequested, state: str) -> dict[str, Any]:
    async def there() -> dict[str, Any]:
        clearance = await scenario.clearance(booking)
        assert clearance["state"] == state, clearance
        return clearance

    return await eventually(there)


async def settle(scenario: Scenario, clearance: dict[str, Any], **decision: Any) -> dict[str, Any]:
    body = {"granted": True, "reason_code": "employer-visited"} | decision
    answer = await scenario.school.post(f"/v1/clearances/{clearance['id']}/decision", body)
    assert answer.status_code == 200, answer.text
    settled: dict[str, Any] = answer.json()
    return settled


async def test_a_lead_decides_once_for_an_adult_and_site_and_every_booking_of_the_school_follows(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service, TODAY)
    for site in (scenario.site_id, scenario.other_site_id):
        await scenario.assure(site)
    session = await block(scenario, ADULT)
    bookings = [await scenario.book(session) for _ in range(3)]
    first, *_ = [await state_of(scenario, booking, "referred") for booking in bookings]
    await scenario.published(ClearanceReferred, 3)

    await settle(scenario, first)

    for booking in bookings:
        await state_of(scenario, booking, "granted")
    await scenario.published(ClearanceGranted, 3)
    later = await scenario.book(await block(scenario, ADULT, days=[MONDAY + timedelta(days=7)]))
    assert (
        "adult-accepted-by-lead" in (await state_of(scenario, later, "granted"))["decision"]["reason_codes"]
    )
    elsewhere = await scenario.book(await block(scenario, ADULT, site_id=scenario.other_site_id))
    await state_of(scenario, elsewhere, "referred")
    other_school = await scenario.book(session, institution_id=uuid4())
    await state_of(scenario, other_school, "referred")


async def test_what_a_lead_decided_is_kept_with_its_reason_its_day_and_its_end(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service, TODAY)
    await scenario.assure()
    clearance = await state_of(scenario, await scenario.book(await block(scenario, ADULT)), "referred")

    await settle(scenario, clearance, serves_until="2026-12-18")

    async with as_tenants(scenario.running.database.app_url, scenario.school_id) as school:
        row = await school.fetchrow("select * from adult_decisions")
    assert row is not None
    assert (row["supervisor_id"], row["site_id"], row["accepted"]) == (ADULT, scenario.site_id, True)
    assert (row["reason_code"], row["decided_by"]) == ("employer-visited", "first-lead")
    assert (row["decided_on"], row["serves_until"]) == (TODAY, date(2026, 12, 18))
    async with as_tenants(scenario.running.database.app_url, uuid4()) as stranger:
        assert await stranger.fetchval("select count(*) from adult_decisions") == 0


async def test_a_check_or_a_ground_recorded_meanwhile_clears_what_waits_without_a_person(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service, TODAY)
    await scenario.assure()
    checked, stated = uuid4(), uuid4()
    first = await scenario.book(await block(scenario, checked))
    second = await scenario.book(await block(scenario, stated))
    for booking in (first, second):
        await state_of(scenario, booking, "referred")
    ground = {
        "ground": "not-in-charge-of-learners",
        "stated_by_role": "manager",
        "stated_on": TODAY.isoformat(),
    }

    seen = await scenario.provider.put(f"/v1/supervisors/{checked}", {"dbs_check": SEEN})
    said = await scenario.provider.put(
        f"/v1/supervisors/{stated}", {"dbs_check": None, "no_check_needed": ground}
    )

    assert (seen.status_code, said.json()["no_check_needed"]) == (200, ground)
    for booking in (first, second):
        await state_of(scenario, booking, "granted")


@pytest.mark.parametrize(
    ("change", "slug"),
    [({"ground": "supervised"}, "ground-not-accepted"), ({"stated_on": "2026-12-01"}, "stated-on-in-future")],
)
async def test_being_supervised_is_no_ground_and_nothing_is_stated_in_future(
    run_service: RunService, change: dict[str, str], slug: str
) -> None:
    scenario = await open_scenario(run_service, TODAY)
    ground = {"ground": "not-in-charge-of-learners", "stated_by_role": "manager", "stated_on": "2026-11-30"}
    body = {"dbs_check": None, "no_check_needed": ground | change}
    answer = await scenario.provider.put(f"/v1/supervisors/{ADULT}", body)
    assert (answer.status_code, answer.json()["slug"]) == (422, slug)


@pytest.mark.parametrize(
    ("first", "second"),
    [((), ()), ((ADULT,), ()), ((), (ADULT,))],
    ids=["nobody", "then nobody", "nobody first"],
)
async def test_naming_nobody_in_one_of_two_sessions_is_no_way_round_the_three_days(
    run_service: RunService, first: tuple[UUID, ...], second: tuple[UUID, ...]
) -> None:
    scenario = await open_scenario(run_service, TODAY)
    await scenario.assure()
    earlier = await scenario.book(await block(scenario, *first, days=WEEK[:3]))
    await state_of(scenario, earlier, "granted")

    later = await scenario.book(await block(scenario, *second, days=WEEK[3:]), institution_id=uuid4())

    clearance = await state_of(scenario, later, "referred")
    assert clearance["decision"]["reason_codes"][0] == "adult-to-be-considered"


async def test_where_nobody_is_named_the_busiest_adult_of_the_site_counts_and_not_the_sum_of_all(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service, TODAY)
    await scenario.assure()
    for day in WEEK[:4]:
        booking = await scenario.book(await block(scenario, uuid4(), days=[day]))
        await state_of(scenario, booking, "granted")

    unnamed = await scenario.book(await block(scenario, days=[WEEK[4]]))

    await state_of(scenario, unnamed, "granted")
    async with as_tenants(scenario.running.database.app_url, scenario.school_id) as school:
        adult = unnamed_adult(scenario.provider_id, scenario.site_id)
        assert (
            await school.fetchval("select count(*) from supervised_days where supervisor_id = $1", adult) == 1
        )


async def test_another_adult_in_charge_is_asked_about_although_a_person_granted_the_booking(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service, TODAY)
    await scenario.assure()
    session = await block(scenario, ADULT)
    booking = await scenario.book(session)
    await settle(scenario, await state_of(scenario, booking, "referred"))

    await scenario.running.hear(session.model_copy(update={"supervisor_ids": [uuid4()]}), sequence=9)

    await state_of(scenario, booking, "referred")


async def test_a_birthday_in_the_week_ends_the_days_that_count_for_the_adult(run_service: RunService) -> None:
    scenario = await open_scenario(run_service, TODAY)
    await scenario.assure()
    turns_16 = learner(under_16=False).model_copy(update={"under_16_days": 3})

    booking = await scenario.book(await block(scenario, ADULT), learners=[turns_16])

    await state_of(scenario, booking, "granted")
    async with as_tenants(scenario.running.database.app_url, scenario.school_id) as school:
        days = await school.fetch("select on_day from supervised_days order by 1")
    assert [row["on_day"] for row in days] == WEEK[:3]
