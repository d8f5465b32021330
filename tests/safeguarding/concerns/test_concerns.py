"""Concerns: raised, every reading logged, resolved by two; an immediate risk suspends at once."""

from typing import Any
from uuid import uuid4

import pytest
from asyncpg import InsufficientPrivilegeError

from safeguarding.concerns.commands import RaiseConcern
from shared.contracts.safeguarding import (
    AssuranceReinstated,
    AssuranceSuspended,
    ProviderReinstated,
    ProviderSuspended,
)
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.scenario import Scenario, as_tenants, open_scenario

SECRET = "Canary: the named supervisor was not on site"


async def raised(scenario: Scenario, **changes: Any) -> dict[str, Any]:
    body = {
        "provider_id": str(scenario.provider_id),
        "category": "supervision",
        "description": SECRET,
        "immediate_risk": True,
    } | changes

    async def post() -> dict[str, Any]:
        answer = await scenario.school.post("/v1/concerns", body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    return await eventually(post)


async def states(scenario: Scenario) -> dict[str, str]:
    """State of each site's assurance."""
    listed = await scenario.school.get("/v1/assurances", provider_id=scenario.provider_id)
    return {item["site_id"]: item["state"] for item in listed.json()["items"]}


async def test_an_immediate_risk_suspends_every_assurance_at_once(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    for site in scenario.sites[:2]:
        await scenario.assure(site)

    concern = await raised(scenario)

    assert concern["state"] == "open"
    assert "description" not in concern
    assert set((await states(scenario)).values()) == {"suspended"}
    events = await scenario.published(AssuranceSuspended, 2)
    assert {getattr(event.data, "reason_code", None) for event in events} == {"provider-suspended"}
    assert (await scenario.ask_assurance()).json()["slug"] == "assurance-suspended"


@pytest.mark.parametrize("of_site", [False, True])
async def test_what_needs_no_assurance_is_suspended_too_and_comes_back(
    run_service: RunService, *, of_site: bool
) -> None:
    scenario = await open_scenario(run_service)
    site_id = scenario.site_id if of_site else None

    concern = await raised(scenario, site_id=str(site_id) if site_id else None)

    [suspended] = await scenario.published(ProviderSuspended)
    reason_code = "site-suspended" if of_site else "provider-suspended"
    assert suspended.data == ProviderSuspended(
        provider_id=scenario.provider_id, site_id=site_id, reason_code=reason_code
    )
    resolution = f"/v1/concerns/{concern['id']}/resolution"
    assert (await scenario.lead().post(resolution, {"outcome": "resolved"})).status_code == 200
    [reinstated] = await scenario.published(ProviderReinstated)
    assert reinstated.data == ProviderReinstated(provider_id=scenario.provider_id, site_id=site_id)
    assert reinstated.sequence > suspended.sequence


async def test_a_concern_about_one_site_suspends_that_site(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    for site in scenario.sites[:2]:
        await scenario.assure(site)

    await raised(scenario, site_id=str(scenario.other_site_id))
    await raised(scenario, immediate_risk=False)

    assert await states(scenario) == {
        str(scenario.site_id): "granted",
        str(scenario.other_site_id): "suspended",
    }


@pytest.mark.parametrize("outcome", ["unfounded", "resolved"])
async def test_a_second_person_resolves_and_the_assurance_is_reinstated(
    run_service: RunService, outcome: str
) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    concern = await raised(scenario)
    path = f"/v1/concerns/{concern['id']}/resolution"

    alone = await scenario.school.post(path, {"outcome": outcome})
    assert (alone.status_code, alone.json()["slug"]) == (403, "second-person-needed")
    answer = await scenario.lead().post(path, {"outcome": outcome})

    assert answer.json()["state"] == outcome, answer.text
    await scenario.published(AssuranceReinstated)
    assert set((await states(scenario)).values()) == {"granted"}
    again = await scenario.lead().post(path, {"outcome": outcome})
    assert (again.status_code, again.json()["slug"]) == (409, "concern-closed")


async def test_what_another_concern_suspends_or_was_upheld_stays_suspended(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    first, second = await raised(scenario), await raised(scenario)

    async def resolve(concern: dict[str, Any], outcome: str) -> None:
        path = f"/v1/concerns/{concern['id']}/resolution"
        answer = await scenario.lead().post(path, {"outcome": outcome})
        assert answer.status_code == 200, answer.text

    await resolve(first, "unfounded")
    assert set((await states(scenario)).values()) == {"suspended"}
    await resolve(second, "upheld")
    assert set((await states(scenario)).values()) == {"suspended"}
    await resolve(second, "resolved")
    assert set((await states(scenario)).values()) == {"granted"}


async def test_each_refusal_says_why_and_never_repeats_what_was_sent(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await raised(scenario)
    body = {"description": SECRET, "immediate_risk": False, "category": "supervision"}
    known = body | {"provider_id": str(scenario.provider_id)}
    cases = {
        "category-not-known": known | {"category": "no-such"},
        "provider-not-known": body | {"provider_id": str(uuid4())},
        "site-not-known": known | {"site_id": str(uuid4())},
        "invalid-request": known | {"description": SECRET * 200},
    }
    for slug, sent in cases.items():
        answer = await scenario.school.post("/v1/concerns", sent)
        assert (answer.status_code, answer.json()["slug"]) == (422, slug)
        assert "Canary" not in answer.text


async def test_only_who_raised_or_handles_a_concern_may_read_it(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    concern = await raised(scenario)
    path = f"/v1/concerns/{concern['id']}"
    provider = scenario.caller("concerns:read concerns:write", scenario.provider_id, "somebody")

    assert (await scenario.school.get(path)).json()["description"] == SECRET
    assert (await scenario.lead().get(path)).json()["handled_by"] == str(scenario.hub_id)
    assert (await provider.get(path)).status_code == 404
    assert (await provider.post(f"{path}/resolution", {"outcome": "unfounded"})).status_code == 404
    assert (await provider.get("/v1/concerns")).json()["items"] == []
    assert (await scenario.provider.get(path)).json()["slug"] == "scope-missing"
    async with as_tenants(scenario.running.database.app_url, scenario.provider_id) as app:
        assert await app.fetchval("select count(*) from concerns") == 0
        assert await app.execute("update concerns set state = 'unfounded'") == "UPDATE 0"


async def test_a_provider_may_report_itself_but_not_close_it(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await raised(scenario)
    own = scenario.caller("concerns:write", scenario.provider_id, "somebody")
    body = {"provider_id": str(scenario.provider_id), "category": "other", "description": "An example"}
    concern = (await own.post("/v1/concerns", body | {"immediate_risk": False})).json()

    answer = await own.post(f"/v1/concerns/{concern['id']}/resolution", {"outcome": "unfounded"})

    assert (answer.status_code, answer.json()["slug"]) == (403, "concern-about-own-organisation")


async def test_every_reading_is_logged_and_the_log_is_only_added_to(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    concern = await raised(scenario)
    await scenario.lead("reader").get(f"/v1/concerns/{concern['id']}")
    await scenario.lead("browser").get("/v1/concerns", state="open")
    await scenario.lead("nobody").get("/v1/concerns", state="upheld")

    async with as_tenants(scenario.running.database.owner_url, scenario.hub_id) as owner:
        log = await owner.fetch("select subject, action, concern_id from access_log order by id")
    assert [(row["subject"], row["action"], str(row["concern_id"])) for row in log] == [
        ("reader", "read", concern["id"]),
        ("browser", "listed", concern["id"]),
    ]
    async with as_tenants(scenario.running.database.app_url, scenario.hub_id) as app:
        for attempt in ("delete from access_log", "select * from access_log"):
            with pytest.raises(InsufficientPrivilegeError):
                await app.execute(attempt)


async def test_concerns_are_paged_newest_first(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    ids = [(await raised(scenario, immediate_risk=False))["id"] for _ in range(3)]

    first = (await scenario.lead().get("/v1/concerns", limit=2)).json()
    second = (await scenario.lead().get("/v1/concerns", limit=2, cursor=first["next_cursor"])).json()

    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert second["next_cursor"] is None


async def test_a_description_is_stored_in_its_own_table_alone(
    run_service: RunService, caplog: pytest.LogCaptureFixture
) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    concern = await raised(scenario)
    await scenario.lead().get(f"/v1/concerns/{concern['id']}")
    await scenario.published(AssuranceSuspended)

    tables = "select table_name from information_schema.tables where table_schema = 'public'"
    holding = []
    everyone = (scenario.school_id, scenario.hub_id, scenario.provider_id)
    async with as_tenants(scenario.running.database.owner_url, *everyone) as owner:
        for [table] in await owner.fetch(tables):
            found = f"select exists (select from {table} t where to_jsonb(t)::text like '%Canary%')"
            if await owner.fetchval(found):
                holding.append(table)

    assert holding == ["concerns"]
    assert "Canary" not in caplog.text
    shown = repr(RaiseConcern(uuid4(), uuid4(), None, "other", SECRET, False, uuid4(), "somebody"))
    assert "Canary" not in shown


async def test_the_categories_are_public(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    answer = await scenario.running.http.get("/v1/concern-categories")
    assert "supervision" in {each["code"] for each in answer.json()["categories"]}
