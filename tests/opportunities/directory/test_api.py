"""Organisations over HTTP."""

from typing import Any
from uuid import UUID, uuid4

from shared.contracts.opportunities import OrganisationRecorded
from tests.infra.polling import eventually
from tests.infra.running import Client, Running, RunService
from tests.opportunities.scenario import publish, register_provider

BODY = {
    "kind": "provider",
    "name": "Mersey Example Engineering",
    "site": {"name": "Works", "postcode": "l3 1hu"},
}


async def test_a_hub_registers_a_provider_and_it_is_published(run_service: RunService) -> None:
    service = await run_service("opportunities")
    hub = service.caller("organisations:write", organisation=uuid4())

    answer = await hub.post("/v1/organisations", BODY, key="once")

    assert answer.status_code == 201, answer.text
    found = answer.json()
    assert answer.headers["location"] == f"/v1/organisations/{found['id']}"
    assert found["area_code"] == "liverpool-city-region"
    assert found["sites"][0]["postcode"] == "L3 1HU"
    again = await hub.post("/v1/organisations", BODY, key="once")
    assert again.json() == found
    assert again.headers["idempotency-replayed"] == "true"
    other = await hub.post("/v1/organisations", {**BODY, "name": "Another"}, key="once")
    assert other.json()["slug"] == "idempotency-key-reused"

    async def ours_published() -> OrganisationRecorded | None:
        recorded = [event.data for event in await service.said(OrganisationRecorded)]
        [ours] = [each for each in recorded if each.key == found["id"]]
        assert isinstance(ours, OrganisationRecorded)
        return ours

    recorded = await eventually(ours_published)
    assert recorded is not None
    assert [str(site.site_id) for site in recorded.sites] == [found["sites"][0]["id"]]
    assert recorded.sites[0].local_authority_code == "E08000012"
    assert "Mersey" not in recorded.model_dump_json()


async def test_registration_is_refused_with_its_reason(idle_service: Running) -> None:
    hub = idle_service.caller("organisations:write", organisation=uuid4())

    async def refused(**change: Any) -> tuple[int, str, str]:
        answer = await hub.post("/v1/organisations", BODY | change)
        return answer.status_code, answer.json()["slug"], answer.json()["field"]

    def at(postcode: str) -> dict[str, str]:
        return {"name": "Works", "postcode": postcode}

    assert await refused(kind="hub", site=None) == (409, "area-has-hub", "body.kind")
    assert await refused(kind="institution") == (422, "institution-type-missing", "body.institution_type")
    assert await refused(area_code="atlantis") == (422, "area-not-on-register", "body.area_code")
    assert await refused(site=at("L3 9ZZ")) == (422, "postcode-unknown", "body.site.postcode")
    assert await refused(site=at("CF10 1EP")) == (422, "outside-england", "body.site.postcode")
    assert await refused(name="bell\x07") == (422, "invalid-request", "body.name")


async def test_sites_are_added_by_the_organisation_and_by_who_registered_it(idle_service: Running) -> None:
    registrar = idle_service.caller("organisations:write", organisation=uuid4())
    found = (await registrar.post("/v1/organisations", {"kind": "provider", "name": "Example"})).json()
    itself = idle_service.caller("organisations:write", organisation=UUID(found["id"]))
    stranger = idle_service.caller("organisations:write", organisation=uuid4())
    path = f"/v1/organisations/{found['id']}/sites"

    first = await registrar.post(path, {"name": "Works", "postcode": "L3 1HU"})
    second = await itself.post(path, {"name": "Depot", "postcode": "CH41 1AA"})
    refused = await stranger.post(path, {"name": "Annexe", "postcode": "L3 1HU"})
    repeated = await itself.post(path, {"name": "Works", "postcode": "L31HU"})

    assert (first.status_code, second.status_code, refused.status_code) == (201, 201, 404)
    assert repeated.json()["slug"] == "site-repeated"
    assert [site["name"] for site in second.json()["sites"]] == ["Works", "Depot"]
    assert second.json()["area_code"] == "liverpool-city-region"


async def test_a_change_needs_the_version_it_was_read_at(idle_service: Running) -> None:
    registrar = idle_service.caller("organisations:write", organisation=uuid4())
    answer = await registrar.post("/v1/organisations", {"kind": "provider", "name": "Example"})
    path = f"/v1/organisations/{answer.json()['id']}"
    read = await Client(idle_service.http).get(path)
    assert read.headers["etag"] == '"v1"'

    changed = await registrar.put(path, {"name": "Example Works"}, if_match=read.headers["etag"])
    stale = await registrar.put(path, {"name": "Example Yard"}, if_match=read.headers["etag"])
    blind = await registrar.put(path, {"name": "Example Yard"})
    stranger = idle_service.caller("organisations:write", organisation=uuid4())
    foreign = await stranger.put(path, {"name": "Mine"}, if_match='"v2"')

    assert (changed.json()["name"], changed.headers["etag"]) == ("Example Works", '"v2"')
    assert (stale.status_code, stale.json()["slug"]) == (412, "version-does-not-match")
    assert blind.json()["slug"] == "version-missing"
    assert foreign.status_code == 404


async def test_one_employer_is_one_organisation(idle_service: Running) -> None:
    registrar = idle_service.caller("organisations:write", organisation=uuid4())
    another = idle_service.caller("organisations:write", organisation=uuid4())
    number = f"0{uuid4().int % 10**7}"

    async def register(by: Client, reference: str, kind: str = "provider") -> Any:
        body = {"kind": kind, "name": "Example Works", "reference": reference}
        return await by.post("/v1/organisations", body)

    first = (await register(registrar, number)).json()
    twice = await register(another, f" {number[1:]}")
    as_delivery_provider = await register(another, number, "delivery_provider")
    trust = await register(another, number, "trust")
    assert [each.status_code for each in (twice, as_delivery_provider, trust)] == [409, 409, 201]
    assert (twice.json()["slug"], twice.json()["field"]) == ("reference-taken", "body.reference")

    path = f"/v1/organisations/{first['id']}"
    closed = {"name": "Example Works", "reference": number, "open": False}
    assert (await registrar.put(path, closed, if_match='"v1"')).status_code == 200
    assert (await register(another, number)).status_code == 201
    reopened = await registrar.put(path, closed | {"open": True}, if_match='"v2"')
    assert (reopened.status_code, reopened.json()["slug"]) == (409, "reference-taken")


async def test_the_directory_is_paged_by_name(idle_service: Running) -> None:
    registrar = idle_service.caller("organisations:write", organisation=uuid4())
    for name in ("Beta Example", "Alpha Example", "Gamma Example"):
        await registrar.post("/v1/organisations", {"kind": "trust", "name": name})
    anyone = Client(idle_service.http)

    first = (await anyone.get("/v1/organisations", kind="trust", limit=2)).json()
    second = await anyone.get("/v1/organisations", kind="trust", limit=2, cursor=first["next_cursor"])
    stolen = await anyone.get("/v1/organisations", kind="hub", limit=2, cursor=first["next_cursor"])

    assert [each["name"] for each in first["items"]] == ["Alpha Example", "Beta Example"]
    assert [each["name"] for each in second.json()["items"]] == ["Gamma Example"]
    assert second.json()["next_cursor"] is None
    assert stolen.json()["slug"] == "cursor-invalid"


async def test_a_new_name_is_found_on_what_the_provider_offers(run_service: RunService) -> None:
    service = await run_service("opportunities")
    provider, _, caller = await register_provider(service, "Old Example Name")
    await publish(caller)
    anyone = Client(service.http)

    changed = await caller.put(f"/v1/organisations/{provider}", {"name": "Zephyr Works"}, if_match='"v1"')
    assert changed.status_code == 200, changed.text

    async def found() -> bool:
        items = (await anyone.get("/v1/opportunities", q="zephyr")).json()["items"]
        return [each["provider_name"] for each in items] == ["Zephyr Works"]

    await eventually(found)
