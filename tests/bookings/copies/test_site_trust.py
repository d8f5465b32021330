"""Which sites must be trusted, and which are: a site without an assurance is not."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from bookings.copies.rule_packs import site_trust_rules
from bookings.main import RULES
from shared.contracts.opportunities import SessionScheduled
from shared.contracts.safeguarding import AssuranceSuspended
from shared.rulepacks import RulePacks
from tests.bookings.scenario import Scenario, School

TODAY = date(2027, 2, 1)
OFFERING = Path(__file__).parents[3] / "services/opportunities/src/opportunities/rules"


async def request(scenario: Scenario, school: School, session: SessionScheduled) -> Any:
    learners = await scenario.learners(school, 1)
    body = {"session_id": str(session.session_id), "learner_ids": learners}
    return await school.client.post("/v1/bookings", body)


async def test_a_site_without_an_assurance_takes_no_bookings_until_one_is_granted(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(assured=False)

    answer = await request(scenario, school, session)

    assert (answer.status_code, answer.json()["slug"]) == (409, "provider-suspended")
    await scenario.assure()
    assert (await request(scenario, school, session)).status_code == 201


async def test_an_assurance_of_another_band_does_not_do(scenario: Scenario) -> None:
    school, session = await scenario.school(), await scenario.session(assured=False)
    await scenario.assure("higher_risk")

    answer = await request(scenario, school, session)

    assert (answer.status_code, answer.json()["slug"]) == (409, "provider-suspended")


@pytest.mark.parametrize("changes", [{"mode": "virtual", "site_id": None}, {"mode": "in_school"}])
async def test_where_learners_come_to_no_site_no_assurance_is_in_question(
    scenario: Scenario, changes: dict[str, Any]
) -> None:
    school, session = await scenario.school(), await scenario.session(assured=False, **changes)
    booking = (await request(scenario, school, session)).json()

    await scenario.receive(scenario.cleared(booking))
    assert await scenario.state(booking) == "confirmed"
    suspended = AssuranceSuspended(
        assurance_id=uuid4(),
        provider_id=scenario.provider_id,
        site_id=scenario.site_id,
        activity_band="low_risk",
        reason_code="concern-raised",
    )
    await scenario.receive(suspended)

    assert await scenario.state(booking) == "confirmed"


def test_a_site_is_in_question_exactly_where_opportunities_asks_for_its_assurance() -> None:
    offering = RulePacks(OFFERING).on("offering", TODAY)
    rules = site_trust_rules(RulePacks(RULES))(TODAY)

    assert rules.assured_modes == set(offering.rules["assured_modes"])
    site_id = uuid4()
    assert rules.site_in_question("in_person", site_id) == site_id
    assert rules.site_in_question("in_school", site_id) is None
