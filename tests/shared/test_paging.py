"""Paging: a cursor leads to the next page of the list it came from, and to nothing else."""

import base64
from typing import Any

import httpx2
import pytest
from fastapi import Response
from starlette.requests import Request

from shared.http.paging import CursorInvalid, Pager


def request(path: str = "/v1/things", query: str = "") -> Request:
    return Request(
        {
            "type": "http", "method": "GET", "path": path, "query_string": query.encode(),
            "headers": [], "server": ("example", 80), "scheme": "http",
        }
    )  # fmt: skip


def cursor_of(path: str = "/v1/things", query: str = "", secret: str = "a") -> str:
    _, cursor = Pager(secret).page(request(path, query), Response(), ["b", "c"], 1, lambda row: [row])
    assert cursor is not None
    return cursor


def test_a_cursor_gives_back_the_key_its_page_ended_with() -> None:
    assert Pager("a").read(request(), cursor_of()) == ["b"]


def test_the_number_of_items_may_change_from_page_to_page() -> None:
    assert Pager("a").read(request(query="limit=50"), cursor_of(query="limit=2")) == ["b"]


@pytest.mark.parametrize(
    ("path", "query", "secret"),
    [("/v1/others", "", "a"), ("/v1/things", "kind=x", "a"), ("/v1/things", "", "another")],
    ids=["another path", "other filters", "another secret"],
)
def test_a_cursor_holds_for_one_list_and_its_filters(path: str, query: str, secret: str) -> None:
    with pytest.raises(CursorInvalid):
        Pager(secret).read(request(path, query), cursor_of())


def tampered() -> list[str]:
    raw = bytearray(base64.urlsafe_b64decode(cursor_of() + "=="))
    changed = [raw[:index] + bytes([raw[index] ^ 1]) + raw[index + 1 :] for index in range(len(raw))]
    forged = [b"", b"x" * 16, bytes(16) + b'["z"]', raw + b" ", raw[:-1]]
    return [base64.urlsafe_b64encode(bytes(each)).decode().rstrip("=") for each in [*changed, *forged]]


@pytest.mark.parametrize("cursor", [*tampered(), "=", "é", "a", "....", "%%%"])
def test_a_tampered_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalid):
        Pager("a").read(request(), cursor)


def test_the_longest_key_there_is_makes_a_cursor_the_query_takes() -> None:
    rows = ["\N{GRINNING FACE}" * 200, "z"]
    _, cursor = Pager("a").page(request(), Response(), rows, 1, lambda row: [row, "0" * 36])

    assert cursor is not None
    assert len(cursor) <= 2_000


async def test_pages_follow_one_another_without_gap_or_repetition(http: httpx2.AsyncClient) -> None:
    names = [f"n{number % 5}" for number in range(11)]
    for number, name in enumerate(names):
        await http.post("/v1/things", json={"name": name}, headers={"Idempotency-Key": str(number)})

    seen: list[Any] = []
    path: str | None = "/v1/things?limit=4&beginning=n"
    pages = 0
    while path is not None:
        page = await http.get(path)
        assert page.status_code == 200, page.text
        seen += page.json()["items"]
        pages += 1
        path = page.links.get("next", {}).get("url")
        assert (path is None) == (page.json()["next_cursor"] is None)

    assert pages == 3
    assert [each["name"] for each in seen] == sorted(names)
    assert len({each["id"] for each in seen}) == 11


@pytest.mark.parametrize("limit", ["0", "101", "-1", "x"])
async def test_a_page_has_between_one_and_a_hundred_items(http: httpx2.AsyncClient, limit: str) -> None:
    answer = await http.get("/v1/things", params={"limit": limit})

    assert (answer.status_code, answer.json()["field"]) == (422, "query.limit")
