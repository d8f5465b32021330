"""Organisations on the register."""

from uuid import uuid4

from tests.infra.polling import eventually
from tests.infra.running import RunService

from shared.contracts.opportunities import OrganisationRecorded


async def test_a_hub_registers_a_provider_and_the_others_hear_of_it(run_service: RunService) -> None:
    register = await run_service("opportunities")
    hub = register.caller("organisations:write", organisation=uuid4())
    body = {"kind": "provider", "name": "Mersey Example Engineering"}

    answer = await hub.post("/v1/organisations", body, key="once")

    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/organisations/{answer.json()['id']}"
    again = await hub.post("/v1/organisations", body, key="once")
    assert again.json() == answer.json()
    assert again.headers["idempotency-replayed"] == "true"

    async def heard() -> bool:
        events = await register.said(OrganisationRecorded)
        return [str(event.data.key) for event in events] == [answer.json()["id"]]

    await eventually(heard)
