"""Areas over HTTP, and their hubs on the register."""

import asyncio

from opportunities.areas.queries import AreaQueries
from opportunities.directory.hubs import appoint_hubs
from shared.contracts.opportunities import OrganisationRecorded
from tests.infra.polling import eventually
from tests.infra.running import Client, Running, RunService


async def test_an_area_has_its_one_hub_on_the_register_from_the_start(run_service: RunService) -> None:
    register = await run_service("opportunities")
    anyone = Client(register.http)

    [area] = (await anyone.get("/v1/areas")).json()["items"]
    assert area == (await anyone.get("/v1/areas/liverpool-city-region")).json()
    assert len(area["districts"]) == 6
    assert area["growth_sectors"] == [
        "advanced-manufacturing",
        "digital-and-creative",
        "health-and-life-sciences",
    ]
    assert "Open Government Licence" in area["licence"]

    areas = register.runtime.reads[AreaQueries].areas
    await asyncio.gather(*(appoint_hubs(register.runtime, areas) for _ in range(3)))
    hubs = (await anyone.get("/v1/organisations", kind="hub", area_code="liverpool-city-region")).json()
    assert [hub["id"] for hub in hubs["items"]] == [area["hub"]["organisation_id"]]

    async def said() -> bool:
        events = await register.said(OrganisationRecorded)
        return [event.data.key for event in events] == [area["hub"]["organisation_id"]]

    await eventually(said)


async def test_workers_that_start_together_appoint_one_hub(idle_register: Running) -> None:
    areas = idle_register.runtime.reads[AreaQueries].areas

    await asyncio.gather(*(appoint_hubs(idle_register.runtime, areas) for _ in range(4)))

    hubs = (await Client(idle_register.http).get("/v1/organisations", kind="hub")).json()["items"]
    assert [hub["version"] for hub in hubs] == [1]


async def test_an_area_that_is_not_there_is_not_found(run_service: RunService) -> None:
    register = await run_service("opportunities", worker=False)

    answer = await Client(register.http).get("/v1/areas/atlantis")

    assert (answer.status_code, answer.json()["slug"]) == (404, "area-unknown")
