"""The listing follows what safeguarding says of a site."""

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
from tests.opportunities.scenario import TODAY, clock, draft, granted, publish, register_provider, said_of


async def test_an_opportunity_in_person_is_listed_while_its_site_is_assured(run_service: RunService) -> None:
    register = await run_service("opportunities", clock=clock())
    provider, site, caller = await register_provider(register)
    anyone = Client(register.http)
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
    [first] = await register.hear(granted(provider, site, assurance))

    async def published() -> bool:
        return (await caller.post(f"/v1/opportunities/{opportunity}/publication")).status_code == 200

    await eventually(published)
    assert await _found(anyone) == {opportunity, online}

    [suspension] = await register.hear(AssuranceSuspended(**named, reason_code="incident"), sequence=2)
    await eventually(lambda: _is_listed(anyone, {online}))
    assert (await anyone.get(f"/v1/opportunities/{opportunity}")).status_code == 404
    state = (await caller.get(f"/v1/organisations/{provider}/opportunities/{opportunity}")).json()
    assert (state["state"], state["reason_code"]) == ("suspended", "assurance-suspended")

    until = TODAY + timedelta(days=365)
    await register.hear(AssuranceReinstated(**named, valid_until=until), sequence=3)
    await eventually(lambda: _is_listed(anyone, {online, opportunity}))

    await register.deliver(first, suspension)
    await register.hear(AssuranceLapsed(**named, lapsed_on=TODAY), sequence=4)
    await eventually(lambda: _is_listed(anyone, {online}))
    await register.hear(granted(provider, site))
    await eventually(lambda: _is_listed(anyone, {online, opportunity}))

    async def told() -> bool:
        said = await said_of(register, opportunity, OpportunitySuspended, OpportunityReinstated)
        return [type(each.data) for each in said] == [OpportunitySuspended, OpportunityReinstated] * 2

    await eventually(told)


async def test_an_assurance_of_another_band_gives_no_trust(run_service: RunService) -> None:
    register = await run_service("opportunities", clock=clock())
    provider, site, caller = await register_provider(register)
    low = await draft(caller, mode="in_person", site_id=str(site))
    high = await draft(caller, mode="in_person", site_id=str(site), activity_band="higher_risk")
    await register.hear(granted(provider, site))

    async def published() -> bool:
        return (await caller.post(f"/v1/opportunities/{low}/publication")).status_code == 200

    await eventually(published)
    refused = await caller.post(f"/v1/opportunities/{high}/publication")
    assert refused.json()["slug"] == "site-not-assured"


async def test_an_assurance_counts_from_its_first_day(run_service: RunService) -> None:
    now = clock()
    register = await run_service("opportunities", clock=now)
    provider, site, caller = await register_provider(register)
    anyone = Client(register.http)
    opportunity = await draft(caller, mode="in_person", site_id=str(site))
    current, following = uuid4(), uuid4()
    await register.hear(granted(provider, site, current))

    async def published() -> bool:
        return (await caller.post(f"/v1/opportunities/{opportunity}/publication")).status_code == 200

    await eventually(published)
    await register.hear(granted(provider, site, following, valid_from=TODAY + timedelta(days=2)))
    named = {"assurance_id": current, "provider_id": provider, "site_id": site}
    await register.hear(AssuranceLapsed(**named, activity_band="low_risk", lapsed_on=TODAY), sequence=2)
    await eventually(lambda: _is_listed(anyone, set()))

    now.move(timedelta(days=2))
    await eventually(lambda: _is_listed(anyone, {opportunity}))


async def _found(anyone: Client) -> set[str]:
    return {each["id"] for each in (await anyone.get("/v1/opportunities")).json()["items"]}


async def _is_listed(anyone: Client, ids: set[str]) -> bool:
    return await _found(anyone) == ids


async def test_publishing_and_the_loss_of_trust_never_miss_each_other(idle_register: Running) -> None:
    """Both at once, many times over: whoever is first, nothing stays listed without trust."""
    provider, site, caller = await register_provider(idle_register)
    at_site: dict[str, Any] = {"mode": "in_person", "site_id": str(site)}
    states = set()
    for turn in range(8):
        assurance = uuid4()
        named = {"assurance_id": assurance, "provider_id": provider, "site_id": site}
        await _hear(idle_register, when_assurance_granted_apply, granted(provider, site, assurance), 1, turn)
        opportunity = await draft(caller, **at_site)
        lost = AssuranceLapsed(**named, activity_band="low_risk", lapsed_on=TODAY)
        await asyncio.gather(
            caller.post(f"/v1/opportunities/{opportunity}/publication"),
            _hear(idle_register, when_assurance_lapsed_apply, lost, 2, turn),
        )
        own = await caller.get(f"/v1/organisations/{provider}/opportunities/{opportunity}")
        states.add(own.json()["state"])

    assert states <= {"draft", "suspended"}
    assert await _found(Client(idle_register.http)) == set()


async def _hear(register: Running, policy: Any, said: Any, sequence: int, turn: int) -> None:
    at = register.runtime.clock.now() + timedelta(seconds=turn)
    instruction = policy(Event(uuid4(), "/services/test", at, sequence, said))
    message = Message("test", str(uuid4()), instruction.tenants)
    await register.runtime.bus.execute(message, instruction.handler, instruction.command)
