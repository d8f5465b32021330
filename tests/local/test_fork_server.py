"""Forked processes: like started ones, only sooner."""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.infra.polling import eventually
from tests.local.stand_ins import write_stand_ins

from wex import health, records
from wex.fork_client import ForkClient, can_fork
from wex.ports import free_port
from wex.processes import Command, until_ready

pytestmark = pytest.mark.skipif(not can_fork(), reason="only Linux forks")


@pytest_asyncio.fixture
async def forking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ForkClient]:
    monkeypatch.setenv("PYTHONPATH", str(write_stand_ins(tmp_path / "services", "quiet")))
    started = ForkClient(tmp_path / "run", tmp_path / "fork-server.log", tmp_path)
    assert await started.is_ready()
    yield started
    await started.close()


def command(folder: Path, *module: str, **environment: str) -> Command:
    """A stand-in service."""
    port = free_port()
    return Command(
        "quiet-api",
        (sys.executable, "-m", *module),
        folder / "quiet.log",
        module,
        environment={"WEX_HTTP_PORT": str(port), **environment},
        port=port,
    )


async def test_forked_processes_live_and_end_like_others(forking: ForkClient, tmp_path: Path) -> None:
    wanted = command(tmp_path, "quiet", "api")
    assert wanted.port is not None
    first = forking.start(wanted)
    await until_ready(first, lambda: health.is_ready(wanted.port or 0), within=60)
    assert "asked" in wanted.log.read_text()
    assert {record.name for record in records.read(tmp_path / "run")} == {"fork-server", "quiet-api"}
    await first.stop()
    assert first.exit_code == -15
    again = forking.start(wanted)
    await until_ready(again, lambda: health.is_ready(wanted.port or 0), within=60)
    again.kill()
    assert again.exit_code == -9
    assert {record.name for record in records.read(tmp_path / "run")} == {"fork-server"}


async def test_its_exit_code_is_its_own(forking: ForkClient, tmp_path: Path) -> None:
    child = forking.start(command(tmp_path, "quiet", "migrate", STAND_IN_MIGRATE="3"))
    assert await child.ended() == 3
    child = forking.start(command(tmp_path, "no_such_service", "migrate"))
    assert await child.ended() == 1
    assert "No module named no_such_service" in (tmp_path / "quiet.log").read_text()


async def test_without_the_fork_server_nothing_is_left(forking: ForkClient, tmp_path: Path) -> None:
    child = forking.start(command(tmp_path, "quiet", "api"))
    (record,) = (one for one in records.read(tmp_path / "run") if one.name == "quiet-api")
    os.kill(forking.server.pid, 9)
    await eventually(lambda: record.process() is None)
    assert await child.ended() == -15
    assert not await forking.is_ready()
