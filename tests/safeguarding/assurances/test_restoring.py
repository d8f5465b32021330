"""What `safeguarding` makes of trust it told of, where a restored database does not know of it."""

from datetime import date
from uuid import UUID, uuid4

from shared.contracts.safeguarding import AssuranceGranted, AssuranceLapsed, AssuranceSuspended
from shared.contracts.vocabulary import Decision
from tests.infra.restoring import settle
from tests.infra.running import RunService
from tests.safeguarding.scenario import open_scenario

DECISION = Decision(rule_pack="checklist", version="1", reason_codes=["checklist-complete"])


async def test_trust_whose_answers_were_lost_is_told_to_have_lapsed(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    lost = AssuranceGranted(
        assurance_id=uuid4(),
        provider_id=scenario.provider_id,
        site_id=scenario.site_id,
        activity_band="low_risk",
        valid_from=date(2026, 3, 1),
        valid_until=date(2026, 12, 31),
        decision=DECISION,
    )

    await settle(scenario.running, lost)

    (told,) = await scenario.published(AssuranceLapsed)
    assert isinstance(told.data, AssuranceLapsed)
    assert told.data.assurance_id == lost.assurance_id


async def test_a_suspension_that_was_lost_does_not_give_trust_back(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    granted = await scenario.assure()
    suspended = AssuranceSuspended(
        assurance_id=UUID(granted["id"]),
        provider_id=scenario.provider_id,
        site_id=scenario.site_id,
        activity_band="low_risk",
        reason_code="concern-raised",
    )

    await settle(scenario.running, suspended, sequence=1)  # one that the database knows of
    assert await scenario.running.said(AssuranceLapsed) == []
    await settle(scenario.running, suspended)

    (told,) = await scenario.published(AssuranceLapsed)
    assert str(told.data.key) == str(scenario.provider_id)
