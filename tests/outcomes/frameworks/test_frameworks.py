"""Frameworks: published once, read by everybody."""

from shared.contracts.outcomes import FrameworkPublished
from tests.infra.polling import eventually
from tests.infra.running import RunService


async def test_the_framework_is_published_once_and_read_by_everybody(run_service: RunService) -> None:
    here = await run_service("outcomes")
    stranger = here.caller("")
    answer = await stranger.get("/v1/frameworks")
    assert [(each["framework"], each["version"]) for each in answer.json()["items"]] == [
        ("equalex", "2025-07")
    ]
    whole = (await stranger.get("/v1/frameworks/equalex")).json()
    assert [len(tier["outcomes"]) for tier in whole["tiers"]] == [3, 3, 1]
    assert whole["tiers"][0]["outcomes"][0]["objectives"][0]["code"] == "II-1.1"
    assert len(whole["criteria"]) == 7
    assert (await stranger.get("/v1/frameworks/none")).status_code == 404

    async def published() -> bool:
        return len(await here.said(FrameworkPublished)) == 1

    await eventually(published)
    again = here.service.worker()
    assert here.service.at_start is not None
    await here.service.at_start(again.runtime)
    (event,) = await here.said(FrameworkPublished)
    assert isinstance(event.data, FrameworkPublished)
    assert (event.data.key, len(event.data.objective_codes)) == ("equalex", 20)
    await again.runtime.database.close()
    await again.relay_database.close()
