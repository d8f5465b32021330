"""May this booking go ahead? The decision as a pure function."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import uuid4

import pytest

from safeguarding.assurances.domain.trust import AssuranceSnapshot
from safeguarding.clearances.domain.clearance_rules import Case, Learners, Verdict, decide, facts_of
from safeguarding.clearances.domain.dbs import Supervisor
from safeguarding.clearances.rule_packs import ClearanceRulePacks
from safeguarding.main import RULES
from safeguarding.supervisors.domain import DbsCheck
from shared.rulepacks import RulePacks

DAY = date(2026, 10, 5)
RULE_PACKS = ClearanceRulePacks(RulePacks(RULES))
SINCE = RULE_PACKS.on(DAY)
BEFORE = RULE_PACKS.on(date(2026, 3, 2))
ADULT = uuid4()
WEEK = tuple(DAY + timedelta(days=n) for n in range(5))
SEEN = DbsCheck("enhanced_with_barred_list", DAY, "manager", outcome=True)
CASE = Case(
    format="visit",
    mode="in_person",
    activity_band="low_risk",
    accompanied=True,
    days=(DAY,),
    overnight=False,
    session_cancelled=False,
    provider_open=True,
    site_id=uuid4(),
    local_authority_code="E08000012",
    assurance=AssuranceSnapshot(uuid4(), "granted", DAY - timedelta(days=100), DAY + timedelta(days=100)),
    learners=Learners(total=30, under_16=30, below_school_leaving_age=30),
    supervisors=(Supervisor(ADULT),),
)


def verdict(**changes: object) -> Verdict:
    return decide(replace(CASE, **changes), SINCE)  # type: ignore[arg-type]


def assured(**changes: object) -> AssuranceSnapshot:
    assert CASE.assurance is not None
    return replace(CASE.assurance, **changes)  # type: ignore[arg-type]


def test_an_assured_day_is_granted() -> None:
    assert verdict() == Verdict("granted", ("assurance-in-force", "dbs-not-required"))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"assurance": None}, "assurance-missing"),
        ({"assurance": assured(state="lapsed")}, "assurance-missing"),
        ({"assurance": assured(state="suspended")}, "assurance-suspended"),
        (
            {"assurance": assured(valid_until=DAY - timedelta(days=1))},
            "assurance-not-in-force-on-every-day",
        ),
        ({"assurance": assured(valid_from=DAY + timedelta(days=1))}, "assurance-not-in-force-on-every-day"),
        ({"site_id": None, "assurance": None}, "site-not-named"),
        ({"provider_open": False}, "provider-closed"),
        ({"session_cancelled": True}, "session-cancelled"),
        ({"days": WEEK}, "dbs-check-not-seen"),
        ({"days": WEEK, "supervisors": ()}, "supervisor-not-named"),
        (
            {"supervisors": (Supervisor(ADULT, (), replace(SEEN, outcome=False)),)},
            "dbs-outcome-not-clear",
        ),
        (
            {"days": WEEK, "supervisors": (Supervisor(ADULT, (), replace(SEEN, type="basic")),)},
            "dbs-check-not-seen",
        ),
    ],
)
def test_each_reason_to_refuse(changes: dict[str, object], code: str) -> None:
    refused = verdict(**changes)
    assert refused.state == "refused"
    assert code in refused.reason_codes


def test_the_last_day_of_an_assurance_still_holds() -> None:
    assert verdict(assurance=assured(valid_until=DAY)).state == "granted"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"overnight": True, "supervisors": (Supervisor(ADULT, (), SEEN),)}, "overnight-stay"),
        ({"local_authority_code": "FR-75"}, "visit-abroad"),
        ({"activity_band": "higher_risk", "format": "placement"}, "mhswr-higher-risk-child"),
    ],
)
def test_each_reason_to_refer(changes: dict[str, object], code: str) -> None:
    referred = verdict(**changes)
    assert referred.state == "referred"
    assert code in referred.reason_codes


def test_a_refusal_weighs_more_than_a_referral() -> None:
    refused = verdict(local_authority_code="FR-75", assurance=None)
    assert refused.state == "refused"
    assert {"visit-abroad", "assurance-missing"} <= set(refused.reason_codes)


def test_higher_risk_work_above_school_leaving_age_is_not_referred() -> None:
    leavers = Learners(total=3, under_16=0, below_school_leaving_age=0)
    granted = verdict(activity_band="higher_risk", format="placement", learners=leavers)
    assert granted == Verdict("granted", ("assurance-in-force", "dbs-not-permitted"))


def test_days_at_other_schools_make_a_check_necessary_and_a_seen_one_suffices() -> None:
    busy = Supervisor(ADULT, tuple(DAY - timedelta(days=n) for n in (1, 8, 29)))
    assert "dbs-check-not-seen" in verdict(supervisors=(busy,)).reason_codes
    assert verdict(supervisors=(replace(busy, check=SEEN),)) == Verdict(
        "granted", ("assurance-in-force", "dbs-required")
    )


def test_a_supervised_week_was_to_be_considered_and_now_needs_a_check() -> None:
    week = replace(CASE, days=WEEK)
    assert decide(week, BEFORE) == Verdict("granted", ("assurance-in-force", "dbs-consider"))
    assert decide(week, SINCE).state == "refused"


@pytest.mark.parametrize("mode", ["virtual", "in_school"])
def test_without_a_site_nothing_is_to_be_assured(mode: str) -> None:
    granted = verdict(mode=mode, site_id=None, assurance=None, local_authority_code=None)
    assert granted == Verdict("granted", ("no-site-to-assure", "dbs-not-required"))


def test_in_a_specified_place_learners_of_16_may_be_checked_and_younger_ones_may_not() -> None:
    mixed = Learners(total=2, under_16=1, below_school_leaving_age=2)
    codes = verdict(mode="in_school", format="placement", learners=mixed).reason_codes
    assert {"learner-dbs-consider", "learner-dbs-not-permitted"} <= set(codes)


def test_every_referral_names_facts_that_exist() -> None:
    for law in (BEFORE, SINCE):
        for referral in law.referrals:
            assert referral.when.keys() <= facts_of(CASE, law).keys()
        assert set(law.assurance_of_site) == {"in_person", "virtual", "hybrid", "in_school"}
