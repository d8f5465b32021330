"""Problems: every no and every fault as problem+json, with nothing in it of what was sent."""

import json
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx2
import pytest

from shared.http.app import SECURITY_HEADERS
from tests.shared.web import MAX_BODY

CANARY = "canary-Ada-Example"


def is_problem(answer: httpx2.Response, status: int, slug: str) -> dict[str, object]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert (body["status"], body["slug"], body["type"]) == (status, slug, f"/problems/{slug}")
    assert CANARY not in answer.text
    return body


ECHOES: list[tuple[object, str]] = [
    ({"name": CANARY * 10}, "body.name"),
    ({"name": CANARY, "size": CANARY}, "body.size"),
    ({"name": CANARY, CANARY: 1}, "body"),
    ({"size": 1, "name": [CANARY]}, "body.name"),
    ([CANARY], "body"),
    (CANARY, "body"),
    ({"name": CANARY + "\0"}, "body"),
    ({"name": CANARY, "size": 10**40}, "body.size"),
    ({"name": CANARY, "size": 1.5}, "body.size"),
    ({"name": CANARY, "size": True}, "body.size"),
]


@pytest.mark.parametrize(("body", "field"), ECHOES)
async def test_an_invalid_body_is_told_by_place_and_never_repeated(
    http: httpx2.AsyncClient, body: object, field: str
) -> None:
    answer = await http.post("/v1/things", json=body, headers={"Idempotency-Key": "k"})

    assert is_problem(answer, 422, "invalid-request")["field"] == field


async def test_bytes_that_are_no_json_are_not_repeated(http: httpx2.AsyncClient) -> None:
    headers = {"Idempotency-Key": "k", "content-type": "application/json"}
    for content in (f'{{"name": "{CANARY}'.encode(), b"[" * 1_900, b'"\xff' + CANARY.encode(), b"9" * 1_900):
        answer = await http.post("/v1/things", content=content, headers=headers)
        assert answer.status_code in (400, 422)
        assert answer.headers["content-type"] == "application/problem+json"
        assert CANARY not in answer.text


async def test_an_invalid_query_path_or_header_is_not_repeated(http: httpx2.AsyncClient) -> None:
    is_problem(await http.get("/v1/things", params={"limit": CANARY}), 422, "invalid-request")
    is_problem(await http.get(f"/v1/things/{CANARY}"), 422, "invalid-request")
    is_problem(await http.get("/v1/things", params={"cursor": CANARY}), 400, "cursor-invalid")
    headers = {"Idempotency-Key": CANARY * 20}
    is_problem(await http.post("/v1/things", json={"name": "x"}, headers=headers), 422, "invalid-request")
    headers = {"Idempotency-Key": "k", "If-Match": CANARY}
    changed = await http.put(f"/v1/things/{uuid4()}", json={"name": "x"}, headers=headers)
    is_problem(changed, 412, "version-does-not-match")


async def test_a_fault_tells_nothing_of_itself_and_still_has_the_security_headers(
    http: httpx2.AsyncClient,
) -> None:
    fault = await http.get("/v1/broken", params={"q": CANARY})
    away = await http.get("/v1/away", params={"q": CANARY})

    is_problem(fault, 500, "internal-fault")
    is_problem(away, 503, "temporarily-unavailable")
    assert away.headers["retry-after"] == "2"
    for name, value in SECURITY_HEADERS:
        assert fault.headers[name.decode()] == away.headers[name.decode()] == value.decode()


async def test_an_unknown_address_and_an_unknown_method_are_problems(http: httpx2.AsyncClient) -> None:
    is_problem(await http.get(f"/{CANARY}"), 404, "no-such-resource")
    answer = await http.request("PATCH", f"/v1/things/{uuid4()}")

    is_problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, PUT"


async def test_a_body_too_large_is_refused_by_its_length_and_in_pieces(http: httpx2.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 100

    headers = {"Idempotency-Key": "k", "content-type": "application/json"}
    whole = await http.post("/v1/things", content=b"x" * (MAX_BODY + 1), headers=headers)
    chunked = await http.post("/v1/things", content=pieces(), headers=headers)

    for answer in (whole, chunked):
        is_problem(answer, 413, "body-too-large")
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_an_address_too_long_or_with_a_null_character_is_refused(http: httpx2.AsyncClient) -> None:
    is_problem(await http.get(f"/v1/things?beginning={CANARY * 300}"), 414, "query-too-long")
    is_problem(await http.get("/v1/things?beginning=%00"), 400, "malformed-request")
    is_problem(await http.get("/v1/things/%00"), 400, "malformed-request")


async def test_a_body_of_another_media_type_is_refused(http: httpx2.AsyncClient) -> None:
    for kind in ("text/plain", "application/xml", "multipart/form-data; boundary=x"):
        headers = {"Idempotency-Key": "k", "content-type": kind}
        answer = await http.post("/v1/things", content=json.dumps({"name": "x"}), headers=headers)
        is_problem(answer, 415, "unsupported-media-type")


async def test_a_change_without_a_key_or_a_version_says_what_is_missing(http: httpx2.AsyncClient) -> None:
    is_problem(await http.post("/v1/things", json={"name": "x"}), 400, "idempotency-key-missing")
    changed = await http.put(f"/v1/things/{uuid4()}", json={"name": "x"}, headers={"Idempotency-Key": "k"})
    is_problem(changed, 400, "version-missing")


async def test_a_refusal_of_the_domain_is_a_problem_by_its_slug(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/v1/things", json={"name": "taken"}, headers={"Idempotency-Key": "k"})

    is_problem(answer, 409, "name-taken")


async def test_every_answer_has_the_security_headers(http: httpx2.AsyncClient) -> None:
    for path in ("/v1/things", "/health/live", "/nowhere", "/metrics"):
        answer = await http.get(path)
        for name, value in SECURITY_HEADERS:
            assert answer.headers[name.decode()] == value.decode()


async def test_a_query_parameter_that_the_operation_does_not_have_is_refused_and_named(
    http: httpx2.AsyncClient,
) -> None:
    unknown = is_problem(await http.get("/v1/things", params={"text": "x"}), 422, "unknown-parameter")
    assert unknown["field"] == "query.text"
    assert "cursor, limit" in str(unknown["detail"])
    beside = await http.get("/v1/things", params={"limit": 5, "Limit": 3})
    assert is_problem(beside, 422, "unknown-parameter")["field"] == "query"
    strange = await http.get("/v1/things", params={CANARY: CANARY})
    assert is_problem(strange, 422, "unknown-parameter")["field"] == "query"
    body, headers = {"name": "x"}, {"Idempotency-Key": str(uuid4())}
    changed = await http.post("/v1/things", params={"dry_run": "true"}, json=body, headers=headers)
    assert is_problem(changed, 422, "unknown-parameter")["field"] == "query.dry_run"
