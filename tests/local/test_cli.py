"""The command line `wex`, as a person uses it."""

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.infra.polling import eventually
from tests.local.stand_ins import write_stand_ins

from wex import records
from wex.ports import SERVICES

WEX = (sys.executable, "-m", "wex.cli")


@pytest.fixture
def environment(tmp_path: Path, postgres_admin_url: str, kafka_bootstrap: str) -> Iterator[dict[str, str]]:
    """All five services as stand-ins, on the run's own engines, in a folder of their own."""
    yield os.environ | {
        "PYTHONPATH": str(write_stand_ins(tmp_path / "services", *SERVICES)),
        "WEX_POSTGRES_URL": postgres_admin_url,
        "WEX_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "WEX_STATE": str(tmp_path / "state"),
        "WEX_PREFIX": f"c{uuid.uuid4().hex[:8]}_",
        "WEX_FORK": "no",
        "COLUMNS": "160",
    }
    records.end_all(tmp_path / "state" / "run", grace=2)


def start_up(environment: dict[str, str], *options: str) -> subprocess.Popen[str]:
    """`wex up` in the background, its output kept."""
    return subprocess.Popen(
        (*WEX, "up", "--no-usual-ports", *options),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wex(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """One command, to its end."""
    command = (*WEX, *arguments)
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


async def until_up(environment: dict[str, str]) -> list[records.Record]:
    """The recorded processes once all ten and the edge are ready."""
    run = Path(environment["WEX_STATE"]) / "run"
    await eventually(lambda: len(list(records.read(run))) >= 12, within=300)
    await eventually(lambda: wex(environment, "status").stdout.count("yes") == 11, within=300, every=0.3)
    return list(records.read(run))


async def test_up_status_token_logs_and_ctrl_c(environment: dict[str, str]) -> None:
    up = start_up(environment)
    processes = await until_up(environment)
    shown = wex(environment, "status").stdout
    assert all(name in shown for name in ("bookings-api", "outcomes-worker", "edge", "supervisor"))
    token = wex(environment, "token", "--as", "school", "--service", "bookings")
    assert token.stdout.count(".") == 2
    assert wex(environment, "token", "--as", "mayor", "--service", "bookings").returncode == 1
    assert "migrated" in wex(environment, "logs", "bookings-migrate").stdout
    assert "no such trace" in wex(environment, "trace").stderr
    second = wex(environment, "up")
    assert second.returncode == 1
    assert "runs already" in second.stderr
    up.send_signal(signal.SIGINT)
    output, _ = up.communicate(timeout=300)
    assert up.returncode == 0, output
    assert "everything stopped" in output
    assert not any(process.process() for process in processes)
    assert wex(environment, "status").returncode == 3
    demo = wex(environment, "seed", "demo")
    assert demo.returncode == 1
    assert "no platform runs here" in demo.stderr


async def test_a_death_ends_up_with_an_error(environment: dict[str, str]) -> None:
    up = start_up(environment, "--no-logs")
    processes = await until_up(environment)
    os.kill(next(one.pid for one in processes if one.name == "outcomes-api"), signal.SIGKILL)
    output, _ = up.communicate(timeout=300)
    assert up.returncode == 1
    assert "outcomes-api" in output
    assert "died" in output
    assert not any(process.process() for process in processes)


async def test_with_keep_a_death_is_only_reported(environment: dict[str, str]) -> None:
    up = start_up(environment, "--keep", "--no-logs")
    processes = await until_up(environment)
    os.kill(next(one.pid for one in processes if one.name == "outcomes-api"), signal.SIGKILL)
    run = Path(environment["WEX_STATE"]) / "run"
    await eventually(lambda: wex(environment, "status").stdout.count("yes") == 10)
    assert up.poll() is None
    ended = wex(environment, "down").stdout
    assert "supervisor" in ended
    up.communicate(timeout=300)
    assert not any(process.process() for process in processes)
    assert list(records.read(run)) == []


async def test_a_second_ctrl_c_kills(environment: dict[str, str]) -> None:
    up = start_up(environment, "--no-logs")
    processes = await until_up(environment)
    frozen = next(one.pid for one in processes if one.name == "bookings-worker")
    os.kill(frozen, signal.SIGSTOP)
    up.send_signal(signal.SIGINT)
    assert up.stdout is not None
    while "once more kills" not in await asyncio.to_thread(up.stdout.readline):
        pass
    up.send_signal(signal.SIGINT)
    output, _ = up.communicate(timeout=300)
    assert "killing everything" in output
    assert not any(process.process() for process in processes)


async def test_what_a_killed_supervisor_leaves_is_ended_by_down(environment: dict[str, str]) -> None:
    up = start_up(environment, "--no-logs")
    processes = await until_up(environment)
    up.kill()
    up.communicate(timeout=300)
    wex(environment, "down")
    assert not any(process.process() for process in processes)
    run = Path(environment["WEX_STATE"]) / "run"
    assert list(records.read(run)) == []


def test_help_names_every_command() -> None:
    shown = subprocess.run((*WEX, "--help"), capture_output=True, text=True, check=True).stdout
    for name in ("up", "down", "status", "logs", "reset", "journey", "seed", "token", "trace", "top"):
        assert f" {name} " in shown
