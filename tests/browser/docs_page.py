"""The page at /docs in headless Chromium, with every other host unreachable: `make browser`.

Not part of `make test`, which needs no browser. Each of the five published documents is shown by the page.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html

from shared.http.app import create_app
from wex.ports import SERVICES

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / ".wex" / "screenshots"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
LONGEST = 110
OPTIONS = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-logging=stderr",
    "--window-size=1200,2400",
    "--virtual-time-budget=30000",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    *(["--no-sandbox"] if os.geteuid() == 0 else []),
]


@dataclass
class Seen:
    """What Chromium made of a page."""

    markup: str
    console: list[str]

    @property
    def operations(self) -> int:
        return len(re.findall(r'class="opblock opblock-', self.markup))


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield


def app_with(document: dict[str, object]) -> FastAPI:
    """An app as the services make theirs, with this document."""
    app = create_app(
        title="Shown", description="", version="0", routers=[], lifespan=lifespan, max_body_bytes=1_000
    )
    app.openapi = lambda: document  # type: ignore[method-assign]
    return app


@contextlib.asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[str]:
    """Serve the app on a free port; its address."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def look(address: str, screenshot: Path, profile: Path) -> Seen:
    """Load a page in a Chromium of its own."""
    if CHROMIUM is None:
        pytest.fail("Chromium is missing. On Debian and Ubuntu: apt-get install chromium", pytrace=False)
    screenshot.parent.mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        CHROMIUM, *OPTIONS, f"--user-data-dir={profile}", f"--screenshot={screenshot}", "--dump-dom", address,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(LONGEST):
            markup, log = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return Seen(markup.decode(), re.findall(r"CONSOLE[^\]]*\] (.*)", log.decode(errors="replace")))


@pytest.mark.parametrize("service", SERVICES)
async def test_every_operation_is_shown_though_no_other_host_is_reached(service: str, tmp_path: Path) -> None:
    document = json.loads((ROOT / "deploy" / "api" / "openapi" / f"{service}.json").read_text())
    async with serving(app_with(document)) as address:
        seen = await look(f"{address}/docs", SCREENSHOTS / f"{service}.png", tmp_path)
    assert seen.operations == sum(len(operations) for operations in document["paths"].values())
    assert document["info"]["title"] in seen.markup
    assert [line for line in seen.console if re.search("Refused|ERR_|Content Security", line)] == []


async def test_planted_a_page_with_scripts_from_elsewhere_shows_nothing(tmp_path: Path) -> None:
    app = app_with({"openapi": "3.1.0", "info": {"title": "t", "version": "0"}, "paths": {"/x": {"get": {}}}})
    app.add_route("/elsewhere", lambda _: get_swagger_ui_html(openapi_url="/openapi.json", title="t"))
    async with serving(app) as address:
        seen = await look(f"{address}/elsewhere", tmp_path / "elsewhere.png", tmp_path / "profile")
    assert seen.operations == 0
    assert [line for line in seen.console if "SwaggerUIBundle is not defined" in line]
