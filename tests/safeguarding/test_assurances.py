"""Assurances over HTTP."""

from datetime import timedelta
from uuid import uuid4

import asyncpg
import pytest

from shared.contracts.safeguarding import AssuranceGranted, AssuranceLapsed
from tests.infra.polling import eventually
from tests.infra.running import RunService
from tests.safeguarding.scene import TODAY, as_tenants, set_scene


async def test_a_complete_checklist_is_granted_and_told(run_service: RunService) -> None:
    scene = await set_scene(run_service)

    assurance = await scene.assure()

    assert assurance["state"] == "granted"
    assert assurance["valid_from"] == TODAY.isoformat()
    assert assurance["valid_until"] == (TODAY + timedelta(days=300)).isoformat()
    [event] = await scene.said(AssuranceGranted)
    assert isinstance(event.data, AssuranceGranted)
    assert str(event.data.assurance_id) == assurance["id"]
    assert event.data.key == str(scene.provider_id)
    assert event.data.decision.rule_pack == "checklist"
    in_full = (await scene.provider.get(f"/v1/assurances/{assurance['id']}")).json()
    insurance = next(a for a in in_full["answers"] if a["item"] == "employers-liability-insurance")
    assert insurance["evidence"]["reference"] == "EX-0001"


async def test_each_refusal_says_why(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()

    incomplete = await scene.ask_assurance(answers=[])
    assert incomplete.status_code == 422
    assert incomplete.json()["slug"] == "checklist-incomplete"
    assert "employers-liability-insurance" in incomplete.json()["missing"]
    assert "insurer-told" not in incomplete.json()["missing"]

    unknown_item = await scene.ask_assurance(answers=[{"item": "no-such-item", "answer": True}])
    assert unknown_item.json()["slug"] == "checklist-item-not-known"
    superseded = await scene.ask_assurance(checklist_version="2020-01-01")
    assert (superseded.status_code, superseded.json()["slug"]) == (422, "checklist-version-superseded")
    elsewhere = await scene.ask_assurance(uuid4())
    assert (elsewhere.status_code, elsewhere.json()["slug"]) == (422, "site-not-known")
    foreign = scene.caller("assurances:write", uuid4())
    body = await scene.assurance_body(scene.site_id)
    assert (await foreign.post("/v1/assurances", body)).json()["slug"] == "site-not-known"
    assert len(await scene.running.said(AssuranceGranted)) == 1


async def test_the_same_request_again_is_answered_the_same(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    body = await scene.assurance_body(scene.other_site_id)

    first = await scene.provider.post("/v1/assurances", body, key="once")
    again = await scene.provider.post("/v1/assurances", body, key="once")

    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    await scene.said(AssuranceGranted, 2)


async def test_a_new_grant_renews_the_one_of_the_site_and_band(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    first = await scene.assure()
    scene.clock.move(timedelta(days=100))
    renewed = await scene.ask_assurance(expires=TODAY + timedelta(days=900))

    assert renewed.json()["id"] == first["id"]
    assert renewed.json()["valid_until"] == (TODAY + timedelta(days=465)).isoformat()
    before, after = await scene.said(AssuranceGranted, 2)
    assert after.sequence > before.sequence
    listed = (await scene.school.get("/v1/assurances", provider_id=scene.provider_id)).json()
    assert [each["id"] for each in listed["items"]] == [first["id"]]


async def test_an_assurance_lapses_after_its_last_day(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    assurance = await scene.assure()
    scene.clock.move(timedelta(days=301))

    [event] = await scene.said(AssuranceLapsed)

    assert isinstance(event.data, AssuranceLapsed)
    assert event.data.lapsed_on == TODAY + timedelta(days=300)

    async def lapsed() -> bool:
        read = await scene.provider.get(f"/v1/assurances/{assurance['id']}")
        return bool(read.json()["state"] == "lapsed")

    await eventually(lapsed)


async def test_anyone_may_page_through_standing_but_never_answers(run_service: RunService) -> None:
    scene = await set_scene(run_service)
    ids = {(await scene.assure(site))["id"] for site in scene.sites[:2]}

    first = await scene.school.get("/v1/assurances", provider_id=scene.provider_id, limit=1)
    second = await scene.school.get(
        "/v1/assurances", provider_id=scene.provider_id, limit=1, cursor=first.json()["next_cursor"]
    )

    items = first.json()["items"] + second.json()["items"]
    assert {item["id"] for item in items} == ids
    assert second.json()["next_cursor"] is None
    assert all("answers" not in item for item in items)
    foreign = await scene.school.get(
        "/v1/assurances", provider_id=uuid4(), cursor=first.json()["next_cursor"]
    )
    assert foreign.json()["slug"] == "cursor-invalid"
    assert (await scene.school.get(f"/v1/assurances/{items[0]['id']}")).status_code == 404


async def test_row_level_security_alone_keeps_answers_and_changes_to_the_provider(
    run_service: RunService,
) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    url = scene.running.database.app_url

    async with as_tenants(url, scene.school_id) as school:
        assert await school.fetchval("select count(*) from assurances") == 1
        assert await school.fetchval("select count(*) from assurance_answers") == 0
        assert await school.fetchval("select count(*) from passports") == 0
        assert await school.execute("update assurances set state = 'lapsed'") == "UPDATE 0"
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await school.execute("insert into passports values ($1, 1)", scene.provider_id)
    async with as_tenants(url, scene.provider_id) as provider:
        assert await provider.fetchval("select count(*) from assurance_answers") == 1


async def test_a_closed_provider_is_granted_nothing_and_concerns_about_it_are_still_heard(
    run_service: RunService,
) -> None:
    scene = await set_scene(run_service)
    await scene.assure()
    await scene.register(open_=False, sequence=2)
    await scene.register(sequence=1)

    async def refused() -> bool:
        return bool((await scene.ask_assurance()).json().get("slug") == "site-not-known")

    await eventually(refused)
    concern = {
        "provider_id": str(scene.provider_id),
        "site_id": str(scene.site_id),
        "category": "other",
        "description": "An example",
        "immediate_risk": False,
    }
    assert (await scene.school.post("/v1/concerns", concern)).status_code == 201
