"""Changes over HTTP: answered after the commit, once for a key, at the version they were read."""

import asyncio
from uuid import uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession

from shared.bus import command_bus
from shared.bus.command_bus import OutcomeUnknown
from tests.shared import planted
from tests.shared.example_service import ExampleService
from tests.shared.web import client_of
from wex.issuer import Issuer


async def test_a_thing_made_is_where_the_answer_says(http: httpx2.AsyncClient) -> None:
    made = await http.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k"})

    assert made.status_code == 201
    assert made.headers["location"] == f"/v1/things/{made.json()['id']}"
    assert made.headers["etag"] == '"v1"'
    assert "idempotency-replayed" not in made.headers


async def test_asked_again_with_its_key_it_answers_the_same_to_the_byte(
    http: httpx2.AsyncClient, example: ExampleService
) -> None:
    first = await http.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k"})
    again = await http.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k"})

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert len(await example.sql("select from things")) == 1


async def test_an_answer_without_a_body_is_given_again_too(
    http: httpx2.AsyncClient, example: ExampleService
) -> None:
    answers = [
        await http.post("/v1/changes", json={"name": "x"}, headers={"Idempotency-Key": "k"}) for _ in "12"
    ]

    assert [each.status_code for each in answers] == [204, 204]
    assert [each.content for each in answers] == [b"", b""]
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert len(await example.effects()) == 1


@pytest.mark.parametrize(
    ("path", "body"), [("/v1/things", {"name": "two"}), ("/v1/changes", {"name": "one"})]
)
async def test_a_key_stands_for_one_request_alone(
    http: httpx2.AsyncClient, path: str, body: dict[str, str]
) -> None:
    await http.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k"})
    other = await http.post(path, json=body, headers={"Idempotency-Key": "k"})

    assert (other.status_code, other.json()["slug"]) == (422, "idempotency-key-reused")


async def test_a_key_is_its_callers_own(http: httpx2.AsyncClient, app: FastAPI, issuer: Issuer) -> None:
    await http.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k"})
    token = issuer.token(audience="wex-example", scope="things:write", organisation_id=uuid4())
    async with client_of(app, authorization=f"Bearer {token}") as another:
        answer = await another.post("/v1/things", json={"name": "two"}, headers={"Idempotency-Key": "k"})

    assert answer.status_code == 201


async def test_twenty_at_once_with_one_key_make_one_thing(
    http: httpx2.AsyncClient, example: ExampleService
) -> None:
    answers = await asyncio.gather(
        *(http.post("/v1/things", json={"name": "x"}, headers={"Idempotency-Key": "k"}) for _ in range(20))
    )

    assert {each.status_code for each in answers} <= {201, 409}
    assert {each.json()["slug"] for each in answers if each.status_code == 409} <= {"request-in-flight"}
    assert len({each.json()["id"] for each in answers if each.status_code == 201}) == 1
    assert len(await example.sql("select from things")) == 1


async def test_a_refused_request_may_be_mended_under_its_key(http: httpx2.AsyncClient) -> None:
    refused = await http.post("/v1/things", json={"name": "taken"}, headers={"Idempotency-Key": "k"})
    mended = await http.post("/v1/things", json={"name": "free"}, headers={"Idempotency-Key": "k"})

    assert (refused.status_code, mended.status_code) == (409, 201)


async def test_a_change_needs_the_present_version(http: httpx2.AsyncClient) -> None:
    made = await http.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k"})
    path = f"/v1/things/{made.json()['id']}"

    async def rename(name: str, version: str) -> httpx2.Response:
        headers = {"Idempotency-Key": f"{name}{version}", "If-Match": version}
        return await http.put(path, json={"name": name}, headers=headers)

    renamed = await rename("two", made.headers["etag"])
    assert (renamed.status_code, renamed.headers["etag"]) == (200, '"v2"')
    for version in ('"v1"', "v2", "*", '"v99"', 'W/"v2"'):
        stale = await rename("three", version)
        assert (stale.status_code, stale.json()["slug"]) == (412, "version-does-not-match")


async def answers_before_the_commit(http: httpx2.AsyncClient, example: ExampleService) -> bool:
    """Whether a change is answered with success although its commit fails."""
    await example.sql(
        """
        do $$ begin
          create function refuse() returns trigger language plpgsql as
            'begin raise exception ''not at the commit''; end';
          create constraint trigger refuse after insert on effects deferrable initially deferred
            for each row when (new.number = 66) execute function refuse();
        end $$
        """
    )
    change = {"name": "x", "size": 66}
    answer = await http.post("/v1/changes", json=change, headers={"Idempotency-Key": "k"})
    assert await example.effects() == []
    return answer.is_success


async def test_a_commit_that_fails_is_never_answered_with_success(
    http: httpx2.AsyncClient, example: ExampleService
) -> None:
    assert not await answers_before_the_commit(http, example)


async def test_planted_a_commit_after_the_answer_is_seen(example: ExampleService) -> None:
    async with client_of(planted.app_that_commits_after_its_answer(example)) as http:
        assert await answers_before_the_commit(http, example)


async def test_an_unknown_outcome_says_so_and_the_key_settles_it(
    http: httpx2.AsyncClient, example: ExampleService, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit = command_bus._commit

    async def commit_and_lose_the_answer(db: AsyncSession) -> None:
        await commit(db)
        monkeypatch.setattr(command_bus, "_commit", commit)
        raise OutcomeUnknown from ConnectionResetError()

    monkeypatch.setattr(command_bus, "_commit", commit_and_lose_the_answer)
    lost = await http.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k"})
    again = await http.post("/v1/things", json={"name": "one"}, headers={"Idempotency-Key": "k"})

    assert (lost.status_code, lost.json()["slug"]) == (503, "outcome-unknown")
    assert lost.headers["retry-after"] == "1"
    assert (again.status_code, again.headers["idempotency-replayed"]) == (201, "true")
    assert len(await example.sql("select from things")) == 1
