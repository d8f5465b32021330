"""The page at /docs is served whole by the service: every script and style, and nothing from elsewhere."""

import contextlib
import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI

from shared.http.app import create_app
from tests.shared.web import client_of

SERVED = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".png": "image/png"}


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    app = create_app(
        title="Bread & <butter>",
        description="d",
        version="0",
        routers=[],
        lifespan=lifespan,
        max_body_bytes=1_000,
    )
    async with client_of(app) as client:
        yield client


async def linked(client: httpx2.AsyncClient) -> list[str]:
    """The addresses that the page takes its files from."""
    page = await client.get("/docs")
    return re.findall(r'<(?:script src|link [^>]*href)="([^"]+)"', page.text)


async def test_page_names_no_host_and_holds_no_script_of_its_own(client: httpx2.AsyncClient) -> None:
    page = await client.get("/docs")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "//" not in page.text
    assert re.findall(r"<script(?! src=)|<style| on\w+=", page.text) == []
    assert "<title>Bread &amp; &lt;butter&gt;</title>" in page.text


async def test_page_lets_the_browser_ask_no_other_host(client: httpx2.AsyncClient) -> None:
    headers = (await client.get("/docs")).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["connect-src"] == "'self'"
    assert not [source for source in policy.values() if "://" in source or "*" in source]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"


async def test_every_file_of_the_page_is_served_and_may_be_kept(client: httpx2.AsyncClient) -> None:
    addresses = await linked(client)
    assert sorted(address.rpartition(".")[2] for address in addresses) == ["css", "js", "js", "png"]
    for address in addresses:
        file = await client.get(address.removeprefix("."))
        assert file.status_code == 200, address
        assert file.content, address
        assert file.headers["content-type"] == SERVED[f".{address.rpartition('.')[2]}"]
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"


async def test_start_reads_the_services_own_document_and_asks_no_validator(
    client: httpx2.AsyncClient,
) -> None:
    start = next(address for address in await linked(client) if "start" in address)
    script = (await client.get(start.removeprefix("."))).text
    assert 'url: "openapi.json"' in script
    assert "validatorUrl: null" in script
    assert "//" not in script
    assert (await client.get("/openapi.json")).status_code == 200


async def test_another_file_is_not_found(client: httpx2.AsyncClient) -> None:
    missing = await client.get("/docs/assets/swagger-ui.css")
    assert missing.status_code == 404
    assert missing.headers["content-type"] == "application/problem+json"


async def test_page_and_files_stay_out_of_the_document(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).json()["paths"] == {}
