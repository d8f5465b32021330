"""Copies of what other services have published: older events change nothing."""

from datetime import timedelta
from uuid import uuid4

from shared.contracts.opportunities import SessionCancelled
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.scenario import TODAY, open_scenario

DAY = TODAY + timedelta(days=14)


async def test_a_closed_provider_is_granted_nothing_and_a_concern_about_it_may_still_be_raised(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    await scenario.announce_organisations(open_=False, sequence=2)
    await scenario.announce_organisations(sequence=1)

    async def refused() -> bool:
        return bool((await scenario.ask_assurance()).json().get("slug") == "site-not-known")

    await eventually(refused)
    concern = {
        "provider_id": str(scenario.provider_id),
        "site_id": str(scenario.site_id),
        "category": "other",
        "description": "An example",
        "immediate_risk": False,
    }
    assert (await scenario.school.post("/v1/concerns", concern)).status_code == 201


async def test_a_cancelled_session_stays_so_when_it_is_announced_again(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    session = await scenario.offer(DAY)
    cancelled = SessionCancelled(
        **session.model_dump(include={"session_id", "opportunity_id", "provider_id"}), reason_code="storm"
    )
    await scenario.running.hear(cancelled, sequence=2)
    await scenario.running.hear(session)
    later = session.model_copy(update={"session_id": uuid4()})
    await scenario.running.hear(later)
    await scenario.clearance(await scenario.book(later))

    booking = await scenario.book(session)

    assert (await scenario.clearance(booking))["decision"]["reason_codes"][0] == "session-cancelled"
