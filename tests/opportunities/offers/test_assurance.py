"""What is listed depends on the assurance of its site."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

from opportunities.offers.policies import when_assurance_granted_apply, when_assurance_lapsed_apply
from shared.bus.inbox import Message
from shared.contracts.envelope import Event
from shared.contracts.opportunities import OpportunityReinstated, OpportunitySuspended
from shared.contracts.safeguarding import AssuranceLapsed, AssuranceReinstated, AssuranceSuspended
from tests.infra.polling import eventually
from tests.infra.running import Client, Running, RunService
from tests.opportunities.scenario import (
    TODAY,
    clock,
    draft,
    granted,
    publish,
    published_of,
    register_provider,
)


async def test_an_opportunity_in_person_is_listed_while_its_site_is_assured(run_service: RunService) -> None:
    service = await run_service("opportunities", clock=clock())
    provider, site, caller = await register_provider(service)
    anyone = Client(service.http)
    at_site: dict[str, Any] = {"mode": "in_person", "site_id": str(site)}
    opportunity = await draft(caller, **at_site)
    online = (await publish(caller))["id"]

    early = await caller.post(f"/v1/opportunities/{opportunity}/publication")
    assert (early.json()["slug"], early.json()["reason"]) == ("site-not-assured", "assurance-missing")

    assurance = uuid4()
    named = {
        "assurance_id": assurance,
        "provider_id": provider,
        "site_id": site,
        "activity_band": "low_risk",
    }
    [first] = await service.hear(granted(provider, site, assurance))

    async def published() -> bool:
        return (await caller.post(f"/v1/opportunities/{opportunity}/publication")).status_code == 200

    await eventually(published)
    assert await _found(anyone) == {opportunity, online}

    [suspension] = await service.hear(AssuranceSuspended(**named, reason_code="incident"), sequence=2)
    await eventually(lambda: _is_listed(anyone, {online}))
    assert (await anyone.get(f"/v1/opportunities/{opportunity}")).status_code == 404
    state = (await caller.get(f"/v1/organisations/{provider}/opportunities/{opportunity}")).json()
    assert (state["state"], state["reason_code"]) == ("suspended", "assurance-suspended")

    until = TODAY + timedelta(days=365)
    await service.hear(AssuranceReinstated(**named, valid_until=until), sequence=3)
    await eventually(lambda: _is_listed(anyone, {online, opportunity}))

    await service.deliver(first, suspension)
    await service.hear(AssuranceLapsed(**named, lapsed_on=TODAY), sequence=4)
    await eventually(lambda: _is_listed(anyone, {online}))
    await service.hear(granted(provider, site))
    await eventually(lambda: _is_listed(anyone, {online, opportunity}))

    async def published_in_order() -> bool:
        events = await published_of(service, opportunity, OpportunitySuspended, OpportunityReinstated)
        return [type(each.data) for each in events] == [OpportunitySuspended, OpportunityReinstated] * 2

    await eventually(published_in_order)


async def test_an_assurance_of_another_band_gives_no_trust(run_service: RunService) -> None:
    service = await run_service("opportunities", clock=clock())
    provider, site, caller = await register_provider(service)
    low = await draft(caller, mode="in_person", site_id=str(site))
    high = await draft(caller, mode="in_person", site_id=str(site), activity_band="higher_risk")
    await service.hear(granted(provider, site))

    async def published() -> bool:
        return (await caller.post(f"/v1/opportunities/{low}/publication")).status_code == 200

    await eventually(published)
    refused = await caller.post(f"/v1/opportunities/{high}/publication")
    assert refused.json()["slug"] == "site-not-assured"


async def test_an_assurance_counts_from_its_first_day(run_service: RunService) -> None:
    now = clock()
    service = await run_service("opportunities", clock=now)
    provider, site, caller = await register_provider(service)
    anyone = Client(service.http)
    opportunity = await draft(caller, mode="in_person", site_id=str(site))
    current, following = uuid4(), uuid4()
    await service.hear(granted(provider, site, current))

    async def published() -> bool:
        return (await caller.post(f"/v1/opportunities/{opportunity}/publication")).status_code == 200

    await eventually(published)
    await service.hear(granted(provider, site, following, valid_from=TODAY + timedelta(days=2)))
    named = {"assurance_id": current, "provider_id": provider, "site_id": site}
    await service.hear(AssuranceLapsed(**named, activity_band="low_risk", lapsed_on=TODAY), sequence=2)
    await eventually(lambda: _is_listed(anyone, set()))

    now.move(timedelta(days=2))
    await eventually(lambda: _is_listed(anyone, {opportunity}))


async def _found(anyone: Client) -> set[str]:
    return {each["id"] for each in (await anyone.get("/v1/opportunities")).json()["items"]}


async def _is_listed(anyone: Client, ids: set[str]) -> bool:
    return await _found(anyone) == ids


async def test_publishing_and_the_loss_of_trust_never_miss_each_other(idle_service: Running) -> None:
    """Both at once, many times over: whoever is first, nothing stays listed without trust."""
    provider, site, caller = await register_provider(idle_service)
    at_site: dict[str, Any] = {"mode": "in_person", "site_id": str(site)}
    states = set()
    for turn in range(8):
        assurance = uuid4()
        named = {"assurance_id": assurance, "provider_id": provider, "site_id": site}
        await _apply(idle_service, when_assurance_granted_apply, granted(provider, site, assurance), 1, turn)
        opportunity = await draft(caller, **at_site)
        lost = AssuranceLapsed(**named, activity_band="low_risk", lapsed_on=TODAY)
        await asyncio.gather(
            caller.post(f"/v1/opportunities/{opportunity}/publication"),
            _apply(idle_service, when_assurance_lapsed_apply, lost, 2, turn),
        )
        own = await caller.get(f"/v1/organisations/{provider}/opportunities/{opportunity}")
        states.add(own.json()["state"])

    assert states <= {"draft", "suspended"}
    assert await _found(Client(idle_service.http)) == set()


async def _apply(service: Running, policy: Any, data: Any, sequence: int, turn: int) -> None:
    at = service.runtime.clock.now() + timedelta(seconds=turn)
    instruction = policy(Event(uuid4(), "/services/test", at, sequence, data))
    message = Message("test", str(uuid4()), instruction.tenants)
    await service.runtime.bus.execute(message, instruction.handler, instruction.command)
