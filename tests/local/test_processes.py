"""One child process: ready, dead, stopped, killed."""

import sys
import time
from pathlib import Path

import psutil
import pytest

from wex import records
from wex.processes import Command, ProcessError, start, until_ready

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN); open('ready', 'w').close(); {SLEEP}"
WITH_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', '{SLEEP}']);"


def command(folder: Path, program: str, grace: float = 5) -> Command:
    """A Python program as a child."""
    return Command("child", (sys.executable, "-c", program), folder / "child.log", folder=folder, grace=grace)


async def never() -> bool:
    return False


async def test_a_child_is_recorded_while_it_runs(tmp_path: Path) -> None:
    child = start(command(tmp_path, SLEEP), tmp_path / "run")
    assert [record.pid for record in records.read(tmp_path / "run")] == [child.pid]
    await child.stop()
    assert list(records.read(tmp_path / "run")) == []
    assert child.exit_code == -15


async def test_a_child_that_ignores_its_stop_signal_is_killed_after_its_grace(tmp_path: Path) -> None:
    child = start(command(tmp_path, STUBBORN, grace=0.3), tmp_path / "run")

    async def ignores() -> bool:
        return (tmp_path / "ready").exists()

    await until_ready(child, ignores, within=10)
    began = time.monotonic()
    await child.stop()
    assert child.exit_code == -9
    assert time.monotonic() - began < 3


async def test_killing_a_child_takes_its_children_along(tmp_path: Path) -> None:
    child = start(command(tmp_path, WITH_CHILD + "open('ready', 'w').close();" + SLEEP), tmp_path / "run")

    async def has_child() -> bool:
        return (tmp_path / "ready").exists()

    await until_ready(child, has_child, within=10)
    family = psutil.Process(child.pid).children(recursive=True)
    assert family
    child.kill()
    assert not any(records.lives(member) for member in family)


async def test_a_child_that_dies_early_shows_the_end_of_its_log(tmp_path: Path) -> None:
    child = start(command(tmp_path, "raise SystemExit('no port for me')"), tmp_path / "run")
    with pytest.raises(ProcessError, match=r"(?s)ended with code 1.*no port for me"):
        await until_ready(child, never, within=10)
    await child.stop()


async def test_a_child_that_never_gets_ready_fails_at_the_deadline(tmp_path: Path) -> None:
    child = start(command(tmp_path, SLEEP), tmp_path / "run")
    with pytest.raises(ProcessError, match="not ready within"):
        await until_ready(child, never, within=0.2)
    child.kill()
