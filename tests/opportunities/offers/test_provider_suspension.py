"""What a suspended provider offers leaves the listing in every mode, and comes back as it was."""

from typing import Any
from uuid import uuid4

from shared.contracts.opportunities import OpportunityReinstated, OpportunitySuspended
from shared.contracts.safeguarding import AssuranceLapsed, ProviderReinstated, ProviderSuspended
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


async def test_all_a_provider_offers_is_unlisted_and_comes_back_where_nothing_else_keeps_it(
    run_service: RunService,
) -> None:
    service = await run_service("opportunities", clock=clock())
    provider, site, caller = await register_provider(service)
    _, _, another = await register_provider(service, "Tees Example Works", "TS1 1AA")
    beside = (await publish(another))["id"]
    bands = {"low_risk": uuid4(), "higher_risk": uuid4()}
    for band, assurance in bands.items():
        await service.hear(granted(provider, site, assurance, activity_band=band))
    online = (await publish(caller))["id"]
    low, high = [await _published_at(caller, site, band) for band in bands]
    unpublished = await draft(caller)

    await service.hear(ProviderSuspended(provider_id=provider, reason_code="provider-suspended"), sequence=10)
    await eventually(lambda: _listed(service, {beside}))
    state = (await caller.get(f"/v1/organisations/{provider}/opportunities/{online}")).json()
    assert (state["state"], state["reason_code"]) == ("suspended", "provider-suspended")
    refused = await caller.post(f"/v1/opportunities/{unpublished}/publication")
    assert (refused.status_code, refused.json()["slug"]) == (409, "provider-suspended")

    lapsed: dict[str, Any] = {"provider_id": provider, "site_id": site, "activity_band": "higher_risk"}
    await service.hear(
        AssuranceLapsed(**lapsed, assurance_id=bands["higher_risk"], lapsed_on=TODAY), sequence=11
    )
    await service.hear(ProviderReinstated(provider_id=provider), sequence=12)

    await eventually(lambda: _listed(service, {beside, online, low}))
    for each in (online, low, high):
        kinds = [
            type(event.data)
            for event in await published_of(service, each, OpportunitySuspended, OpportunityReinstated)
        ]
        assert kinds == [OpportunitySuspended, OpportunityReinstated][: 1 if each == high else 2]


async def test_a_suspended_site_takes_only_what_is_offered_there(run_service: RunService) -> None:
    service = await run_service("opportunities", clock=clock())
    provider, site, caller = await register_provider(service)
    await service.hear(granted(provider, site))
    online, there = (await publish(caller))["id"], await _published_at(caller, site, "low_risk")

    await service.hear(
        ProviderSuspended(provider_id=provider, site_id=site, reason_code="site-suspended"), sequence=10
    )
    await eventually(lambda: _listed(service, {online}))
    await service.hear(ProviderReinstated(provider_id=provider, site_id=site), sequence=11)
    await eventually(lambda: _listed(service, {online, there}))


async def _published_at(caller: Client, site: Any, band: str) -> str:
    opportunity = await draft(caller, mode="in_person", site_id=str(site), activity_band=band)

    async def published() -> bool:
        return (await caller.post(f"/v1/opportunities/{opportunity}/publication")).status_code == 200

    await eventually(published)
    return opportunity


async def _listed(service: Running, expected: set[str]) -> bool:
    answer = await Client(service.http).get("/v1/opportunities")
    return {each["id"] for each in answer.json()["items"]} == expected
