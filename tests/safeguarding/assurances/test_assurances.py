"""Assurances over HTTP."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from shared.contracts.safeguarding import AssuranceGranted, AssuranceLapsed
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.scenario import TODAY, as_tenants, open_scenario


async def test_a_complete_checklist_is_granted_and_published(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)

    assurance = await scenario.assure()

    assert assurance["state"] == "granted"
    assert assurance["valid_from"] == TODAY.isoformat()
    assert assurance["valid_until"] == (TODAY + timedelta(days=300)).isoformat()
    [event] = await scenario.published(AssuranceGranted)
    assert isinstance(event.data, AssuranceGranted)
    assert str(event.data.assurance_id) == assurance["id"]
    assert event.data.key == str(scenario.provider_id)
    assert event.data.decision.rule_pack == "checklist"
    in_full = (await scenario.provider.get(f"/v1/assurances/{assurance['id']}")).json()
    insurance = next(a for a in in_full["answers"] if a["item"] == "employers-liability-insurance")
    assert insurance["evidence"]["reference"] == "EX-0001"


async def test_each_refusal_says_why(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()

    incomplete = await scenario.ask_assurance(answers=[])
    assert incomplete.status_code == 422
    assert incomplete.json()["slug"] == "checklist-incomplete"
    assert "employers-liability-insurance" in incomplete.json()["missing"]
    assert "insurer-told" not in incomplete.json()["missing"]

    unknown_item = await scenario.ask_assurance(answers=[{"item": "no-such-item", "answer": True}])
    assert unknown_item.json()["slug"] == "checklist-item-not-known"
    superseded = await scenario.ask_assurance(checklist_version="2020-01-01")
    assert (superseded.status_code, superseded.json()["slug"]) == (422, "checklist-version-superseded")
    elsewhere = await scenario.ask_assurance(uuid4())
    assert (elsewhere.status_code, elsewhere.json()["slug"]) == (422, "site-not-known")
    foreign = scenario.caller("assurances:write", uuid4())
    body = await scenario.assurance_body(scenario.site_id)
    assert (await foreign.post("/v1/assurances", body)).json()["slug"] == "site-not-known"
    assert len(await scenario.running.said(AssuranceGranted)) == 1


async def test_the_same_request_again_is_answered_the_same(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    body = await scenario.assurance_body(scenario.other_site_id)

    first = await scenario.provider.post("/v1/assurances", body, key="once")
    again = await scenario.provider.post("/v1/assurances", body, key="once")

    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    await scenario.published(AssuranceGranted, 2)


async def test_a_new_grant_renews_the_one_of_the_site_and_band(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    first = await scenario.assure()
    scenario.clock.move(timedelta(days=100))
    renewed = await scenario.ask_assurance(expires=TODAY + timedelta(days=900))

    assert renewed.json()["id"] == first["id"]
    assert renewed.json()["valid_until"] == (TODAY + timedelta(days=465)).isoformat()
    before, after = await scenario.published(AssuranceGranted, 2)
    assert after.sequence > before.sequence
    listed = (await scenario.school.get("/v1/assurances", provider_id=scenario.provider_id)).json()
    assert [each["id"] for each in listed["items"]] == [first["id"]]


async def test_an_assurance_lapses_after_its_last_day(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    assurance = await scenario.assure()
    scenario.clock.move(timedelta(days=301))

    [event] = await scenario.published(AssuranceLapsed)

    assert isinstance(event.data, AssuranceLapsed)
    assert event.data.lapsed_on == TODAY + timedelta(days=300)

    async def lapsed() -> bool:
        read = await scenario.provider.get(f"/v1/assurances/{assurance['id']}")
        return bool(read.json()["state"] == "lapsed")

    await eventually(lapsed)


async def test_anyone_may_page_through_states_and_dates_but_never_answers(run_service: RunService) -> None:
    scenario = await open_scenario(run_service)
    ids = {(await scenario.assure(site))["id"] for site in scenario.sites[:2]}

    first = await scenario.school.get("/v1/assurances", provider_id=scenario.provider_id, limit=1)
    second = await scenario.school.get(
        "/v1/assurances", provider_id=scenario.provider_id, limit=1, cursor=first.json()["next_cursor"]
    )

    items = first.json()["items"] + second.json()["items"]
    assert {item["id"] for item in items} == ids
    assert second.json()["next_cursor"] is None
    assert all("answers" not in item for item in items)
    foreign = await scenario.school.get(
        "/v1/assurances", provider_id=uuid4(), cursor=first.json()["next_cursor"]
    )
    assert foreign.json()["slug"] == "cursor-invalid"
    assert (await scenario.school.get(f"/v1/assurances/{items[0]['id']}")).status_code == 404


async def test_row_level_security_alone_keeps_answers_and_changes_to_the_provider(
    run_service: RunService,
) -> None:
    scenario = await open_scenario(run_service)
    await scenario.assure()
    url = scenario.running.database.app_url

    async with as_tenants(url, scenario.school_id) as school:
        assert await school.fetchval("select count(*) from assurances") == 1
        assert await school.fetchval("select count(*) from assurance_answers") == 0
        assert await school.fetchval("select count(*) from passports") == 0
        assert await school.execute("update assurances set state = 'lapsed'") == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await school.execute("insert into passports values ($1, 1)", scenario.provider_id)
    async with as_tenants(url, scenario.provider_id) as provider:
        assert await provider.fetchval("select count(*) from assurance_answers") == 1
