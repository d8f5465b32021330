"""The platform as a library: up, broken on purpose, down."""

import asyncio
import os
import signal
import threading
import uuid
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx2
import psutil
import pytest
import pytest_asyncio
from tests.infra.polling import eventually
from tests.local.stand_ins import write_stand_ins

import wex.platform
from wex import health, records
from wex.announcements import Announcement
from wex.environment import read_addresses
from wex.lock import AlreadyRunningError
from wex.platform import Platform
from wex.ports import choose_ports
from wex.processes import PortTakenError, ProcessError

SERVICE = "bookings"


class AnswersAll(BaseHTTPRequestHandler):
    """What somebody else's server may say to any question."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


PREFIX = f"p{uuid.uuid4().hex[:8]}_"


@pytest.fixture
def with_stand_ins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_admin_url: str, kafka_bootstrap: str
) -> None:
    """A stand-in service before the real one, on the run's own engines."""
    monkeypatch.setenv("PYTHONPATH", str(write_stand_ins(tmp_path / "services", SERVICE)))
    monkeypatch.setenv("WEX_FORK", "no")
    monkeypatch.setenv("WEX_POSTGRES_URL", postgres_admin_url)
    monkeypatch.setenv("WEX_KAFKA_BOOTSTRAP", kafka_bootstrap)


@pytest_asyncio.fixture
async def platform(tmp_path: Path, with_stand_ins: None) -> AsyncIterator[Platform]:
    async with Platform(
        tmp_path / "state", services=(SERVICE,), topic_partitions=1, prefix=PREFIX
    ) as running:
        yield running


async def test_everything_is_ready_and_recorded(platform: Platform) -> None:
    assert sorted(platform.running) == ["bookings-api", "bookings-worker", "edge"]
    assert await health.is_ready(platform.addresses.ports["bookings-api"])
    names = {record.name for record in records.read(platform.folders.run)}
    assert names == {"bookings-api", "bookings-worker", "edge", "supervisor"}
    async with httpx2.AsyncClient() as client:
        form = {"client_id": "me", "audience": "wex-bookings", "scope": "bookings:read"}
        answer = await client.post(f"{platform.addresses.issuer}/token", data=form)
    assert answer.status_code == 200


async def test_a_killed_process_comes_back_on_its_port(platform: Platform) -> None:
    before = platform.pid("bookings-worker")
    platform.kill("bookings-worker")
    assert not psutil.pid_exists(before)
    assert not await platform.is_ready("bookings-worker")
    await platform.start("bookings-worker")
    assert platform.pid("bookings-worker") != before
    assert await platform.is_ready("bookings-worker")
    assert platform.deaths.empty()


async def test_a_process_that_dies_by_itself_is_announced(platform: Platform) -> None:
    os.kill(platform.pid("bookings-api"), signal.SIGKILL)
    assert await asyncio.wait_for(platform.deaths.get(), timeout=60) == "bookings-api"
    await platform.start("bookings-api")


async def test_one_supervisor_per_folder(platform: Platform) -> None:
    with pytest.raises(AlreadyRunningError, match="runs already"):
        await Platform(platform.folders.state, services=(SERVICE,)).up()
    assert await platform.is_ready("bookings-api")


async def test_unknown_processes_are_named(platform: Platform) -> None:
    with pytest.raises(ProcessError, match="bookings-api"):
        await platform.start("bookings-apy")
    with pytest.raises(ProcessError, match="no running process"):
        platform.kill("zookeeper")


async def test_the_business_clock_can_be_moved(platform: Platform) -> None:
    assert platform.clock_ahead() == 0
    platform.advance(3600)
    platform.advance(60)
    assert platform.clock_ahead() == 3660


async def test_nothing_is_left_after_down(tmp_path: Path, with_stand_ins: None) -> None:
    announced: list[Announcement] = []
    platform = Platform(
        tmp_path / "state", services=(SERVICE,), topic_partitions=1, prefix=PREFIX, announce=announced.append
    )
    async with platform:
        pids = [platform.pid(name) for name in platform.running]
    await eventually(lambda: not any(psutil.pid_exists(pid) for pid in pids))
    assert list(records.read(platform.folders.run)) == []
    assert {one.name for one in announced if one.kind == "ready"} == {
        "bookings-api",
        "bookings-worker",
        "edge",
    }


async def test_a_port_taken_after_it_was_chosen_is_exchanged(
    tmp_path: Path, with_stand_ins: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's server answers 200 to everything on three of the chosen ports."""
    foreign = [HTTPServer(("127.0.0.1", 0), AnswersAll) for _ in range(3)]
    for server in foreign:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    taken = dict(
        zip(("issuer", "bookings-api", "bookings-worker"), (s.server_port for s in foreign), strict=True)
    )
    monkeypatch.setattr(wex.platform, "choose_ports", lambda *of: choose_ports(*of) | taken)
    announced: list[Announcement] = []
    async with Platform(
        tmp_path / "state", services=(SERVICE,), topic_partitions=1, prefix=PREFIX, announce=announced.append
    ) as platform:
        ports = platform.addresses.ports
        assert all(ports[name] != port for name, port in taken.items())
        assert platform.addresses.issuer.endswith(f":{ports['issuer']}")
        assert platform.command("bookings-api").environment["WEX_ISSUER"] == platform.addresses.issuer
        assert read_addresses(platform.folders) == platform.addresses
        assert all([await platform.is_ready(name) for name in platform.names])
        assert platform.deaths.empty()
    for server in foreign:
        server.shutdown()
        server.server_close()
    noted = [one.name for one in announced if "port taken meanwhile" in one.detail]
    assert sorted(noted) == ["bookings-api", "bookings-worker", "edge"]


async def test_a_port_taken_while_a_process_was_down_is_named(platform: Platform) -> None:
    platform.kill("bookings-worker")
    with HTTPServer(("127.0.0.1", platform.addresses.ports["bookings-worker"]), AnswersAll):
        assert not await platform.is_ready("bookings-worker")
        with pytest.raises(PortTakenError, match=r"(?s)bookings-worker ended.*in use"):
            await platform.start("bookings-worker")
    await platform.start("bookings-worker")


async def test_a_failed_migration_ends_the_start_with_its_reason(
    tmp_path: Path, with_stand_ins: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAND_IN_MIGRATE", "3")
    platform = Platform(tmp_path / "state", services=(SERVICE,), topic_partitions=1, prefix=PREFIX)
    with pytest.raises(ProcessError, match=r"(?s)bookings-migrate failed with code 3.*migrated"):
        await platform.up()
    assert list(records.read(platform.folders.run)) == []
