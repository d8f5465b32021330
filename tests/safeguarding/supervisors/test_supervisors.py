"""What is known of an adult's DBS check."""

from datetime import timedelta
from uuid import uuid4

from tests.infra.running import RunService
from tests.safeguarding.scenario import SEEN, TODAY, as_tenants, open_scenario


async def test_a_check_seen_tomorrow_is_refused_and_others_keep_their_own(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    adult = uuid4()
    path = f"/v1/supervisors/{adult}"
    tomorrow = SEEN | {"seen_on": (TODAY + timedelta(days=1)).isoformat()}

    assert (await scenario.provider.put(path, {"dbs_check": tomorrow})).json()["slug"] == "seen-on-in-future"
    assert (await scenario.provider.put(path, {"dbs_check": SEEN})).status_code == 200
    other = scenario.caller("assurances:write", uuid4())
    assert (await other.put(path, {"dbs_check": None})).json()["dbs_check"] is None
    async with as_tenants(scenario.running.database.app_url, scenario.provider_id) as provider:
        seen = await provider.fetch("select dbs_outcome from supervisors")
        assert [row["dbs_outcome"] for row in seen] == [True]
