"""Areas over HTTP, and their hubs in the directory."""

import asyncio

from opportunities.areas.queries import AreaQueries
from opportunities.directory.hubs import appoint_hubs
from shared.contracts.opportunities import OrganisationRecorded
from tests.infra.polling import eventually
from tests.infra.running import Client, Running, RunService


async def test_an_area_has_its_one_hub_in_the_directory_from_the_start(run_service: RunService) -> None:
    service = await run_service("opportunities")
    anyone = Client(service.http)

    [area] = (await anyone.get("/v1/areas")).json()["items"]
    assert area == (await anyone.get("/v1/areas/liverpool-city-region")).json()
    assert len(area["districts"]) == 6
    assert area["growth_sectors"] == [
        "advanced-manufacturing",
        "digital-and-creative",
        "health-and-life-sciences",
    ]
    assert "Open Government Licence" in area["licence"]

    areas = service.runtime.reads[AreaQueries].areas
    await asyncio.gather(*(appoint_hubs(service.runtime, areas) for _ in range(3)))
    hubs = (await anyone.get("/v1/organisations", kind="hub", area_code="liverpool-city-region")).json()
    assert [hub["id"] for hub in hubs["items"]] == [area["hub"]["organisation_id"]]

    async def hub_is_published() -> bool:
        events = await service.said(OrganisationRecorded)
        return [event.data.key for event in events] == [area["hub"]["organisation_id"]]

    await eventually(hub_is_published)


async def test_workers_that_start_together_appoint_one_hub(idle_service: Running) -> None:
    areas = idle_service.runtime.reads[AreaQueries].areas

    await asyncio.gather(*(appoint_hubs(idle_service.runtime, areas) for _ in range(4)))

    hubs = (await Client(idle_service.http).get("/v1/organisations", kind="hub")).json()["items"]
    assert [hub["version"] for hub in hubs] == [1]


async def test_an_area_that_is_not_there_is_not_found(run_service: RunService) -> None:
    service = await run_service("opportunities", worker=False)

    answer = await Client(service.http).get("/v1/areas/atlantis")

    assert (answer.status_code, answer.json()["slug"]) == (404, "area-unknown")
