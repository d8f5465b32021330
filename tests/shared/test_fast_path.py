"""The fast path: quicker than FastAPI's own way for a well-formed request, and never another answer."""

from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.types import Receive, Scope, Send

from shared.http.commands import IdempotentRequest
from shared.http.fast_path import FastRoute
from shared.security.access import requires
from shared.security.tokens import Caller
from tests.shared.web import MAX_BODY, ThingToMake
from wex.issuer import Issuer

KEY = b"idempotency-key"
PLAIN = b'{"name": "one", "size": 2}'


Headers = list[tuple[bytes, bytes]]


def headers(key: bytes | None = b"k", kind: bytes = b"application/json", **more: bytes) -> Headers:
    sent = {b"content-type": kind, **{name.encode(): value for name, value in more.items()}}
    return [*([(KEY, key)] if key is not None else []), *sent.items()]


REQUESTS: dict[str, tuple[bytes, Headers]] = {
    "plain": (PLAIN, headers()),
    "refused": (b'{"name": "taken"}', headers()),
    "no key": (PLAIN, headers(None)),
    "empty key": (PLAIN, headers(b"")),
    "long key": (PLAIN, headers(b"k" * 256)),
    "longest key": (PLAIN, headers(b"k" * 255)),
    "key beyond ASCII": (PLAIN, headers("clé".encode("latin-1"))),
    "two keys": (PLAIN, [*headers(b"a"), (KEY, b"b")]),
    "no media type": (PLAIN, [(KEY, b"k")]),
    "another media type": (PLAIN, headers(kind=b"text/plain")),
    "media type with charset": (PLAIN, headers(kind=b"application/json; charset=utf-8")),
    "media type in capitals": (PLAIN, headers(kind=b"Application/JSON")),
    "two media types": (PLAIN, [*headers(), (b"content-type", b"text/plain")]),
    "nothing": (b"", headers()),
    "no JSON": (b'{"name": ', headers()),
    "more than JSON": (PLAIN + b"}", headers()),
    "no object": (b'["one"]', headers()),
    "null": (b"null", headers()),
    "unknown member": (b'{"name": "one", "colour": "red"}', headers()),
    "missing member": (b'{"size": 2}', headers()),
    "a number as text": (b'{"name": "one", "size": "2"}', headers()),
    "a fraction": (b'{"name": "one", "size": 2.0}', headers()),
    "true as a number": (b'{"name": "one", "size": true}', headers()),
    "no number": (b'{"name": "one", "size": NaN}', headers()),
    "out of bounds": (b'{"name": "one", "size": 101}', headers()),
    "beyond any number": (b'{"name": "one", "size": 1e999}', headers()),
    "a member twice": (b'{"name": "one", "name": "two"}', headers()),
    "null character": (b'{"name": "o\\u0000ne"}', headers()),
    "an escaped backslash": (b'{"name": "o\\\\u0000ne"}', headers()),
    "half a surrogate pair": (b'{"name": "\\ud800"}', headers()),
    "not UTF-8": (b'{"name": "\xff"}', headers()),
    "UTF-16": ('{"name": "one"}'.encode("utf-16"), headers()),
    "byte order mark": (b"\xef\xbb\xbf" + PLAIN, headers()),
    "blanks around": (b"\n\t " + PLAIN + b" \r\n", headers()),
    "too large": (b'{"name": "' + b"x" * MAX_BODY + b'"}', headers()),
    "another caller's token": (PLAIN, headers(authorization=b"Bearer a.b.c")),
    "no bearer": (PLAIN, headers(authorization=b"Basic YTpi")),
    "no JSON and no token": (b"{", headers(authorization=b"")),
    "unknown member and no token": (b'{"colour": 1}', headers(authorization=b"")),
}


def seen(answer: httpx2.Response) -> tuple[object, ...]:
    """An answer without what is each one's own."""
    body = answer.json() if answer.content else None
    if isinstance(body, dict):
        body.pop("id", None)
    kept = {
        name: value for name, value in answer.headers.items() if name not in ("location", "content-length")
    }
    return answer.status_code, body, kept, "location" in answer.headers


@pytest.mark.parametrize("name", REQUESTS)
async def test_both_ways_give_one_answer(http: httpx2.AsyncClient, name: str) -> None:
    content, sent = REQUESTS[name]
    ordinary = [await http.post("/v1/things", content=content, headers=sent) for _ in "12"]
    fast = [await http.post("/v1/fast/things", content=content, headers=sent) for _ in "12"]

    if ordinary[0].status_code == 201:  # one key stands for one address
        assert [each.json().get("slug") for each in fast] == ["idempotency-key-reused"] * 2
        sent = [(field, b"other" if field == KEY else value) for field, value in sent]
        fast = [await http.post("/v1/fast/things", content=content, headers=sent) for _ in "12"]
        assert fast[0].content == fast[1].content
    assert [seen(each) for each in fast] == [seen(each) for each in ordinary]


async def test_a_caller_without_the_scope_is_refused(http: httpx2.AsyncClient, issuer: Issuer) -> None:
    token = issuer.token(audience="wex-example", scope="things:read", organisation_id=uuid4())
    sent = headers(authorization=f"Bearer {token}".encode())
    answers = [await http.post(f"/v1{way}/things", content=PLAIN, headers=sent) for way in ("", "/fast")]

    assert seen(answers[0]) == seen(answers[1])
    assert answers[1].json()["slug"] == "scope-missing"


async def test_only_what_is_not_plain_goes_the_frameworks_way(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[str] = []
    handle = APIRoute.handle

    async def counted(self: APIRoute, scope: Scope, receive: Receive, send: Send) -> None:
        if isinstance(self, FastRoute):
            passed.append(scope["path"])
        await handle(self, scope, receive, send)

    monkeypatch.setattr(APIRoute, "handle", counted)
    plain = await http.post("/v1/fast/things", content=PLAIN, headers=headers())
    assert (plain.status_code, passed) == (201, [])

    await http.post("/v1/fast/things", content=b"{}", headers=headers())
    assert (await http.get("/v1/fast/things")).status_code == 405
    assert len(passed) == 2


def test_a_route_that_takes_anything_else_cannot_take_the_fast_path() -> None:
    router = APIRouter(route_class=FastRoute)

    async def of_one(
        thing_id: UUID,
        body: ThingToMake,
        request: IdempotentRequest,
        caller: Caller = requires("things:write"),  # noqa: B008 - as in a service's api/
    ) -> None: ...

    async def without_caller(body: ThingToMake, request: IdempotentRequest) -> None: ...

    for path, endpoint in (("/v1/things/{thing_id}", of_one), ("/v1/things", without_caller)):
        with pytest.raises(ValueError, match="takes more or less"):
            router.post(path)(endpoint)
