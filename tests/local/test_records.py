"""Process records: what a crash leaves behind is found and ended, and nothing else is."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from tests.infra.polling import eventually

from wex import records

SLEEP = (sys.executable, "-c", "import time; time.sleep(60)")

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(60)
"""

SUPERVISOR = """
import sys, time
from pathlib import Path
from wex.processes import Command, start
folder = Path(sys.argv[1])
for name in ("one", "two"):
    sleep = (sys.executable, "-c", "import time; time.sleep(60)")
    start(Command(name, sleep, folder / f"{name}.log", ends_with_parent=sys.argv[2] == "yes"), folder / "run")
(folder / "up").touch()
time.sleep(60)
"""


async def crashed_supervisor(folder: Path, *, ends_with_parent: str) -> list[records.Record]:
    """The records of the children of a supervisor that was killed with -9."""
    supervisor = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SUPERVISOR, str(folder), ends_with_parent
    )
    await eventually((folder / "up").exists)
    children = list(records.read(folder / "run"))
    assert [child.name for child in children] == ["one", "two"]
    supervisor.kill()
    await supervisor.wait()
    return children


async def test_children_of_a_killed_supervisor_are_ended_by_the_next_start(tmp_path: Path) -> None:
    children = await crashed_supervisor(tmp_path, ends_with_parent="no")
    assert all(child.process() for child in children)
    assert records.end_all(tmp_path / "run", grace=5) == ["one", "two"]
    assert not any(child.process() for child in children)
    assert list(records.read(tmp_path / "run")) == []


async def test_on_linux_the_kernel_ends_them_at_once(tmp_path: Path) -> None:
    if sys.platform != "linux":
        return
    children = await crashed_supervisor(tmp_path, ends_with_parent="yes")
    await eventually(lambda: not any(child.process() for child in children))


def test_a_process_that_took_over_the_id_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen(SLEEP)
    try:
        mine = records.record_of("gone", other.pid)
        records.write(tmp_path, records.Record("gone", mine.pid, mine.began - 100))
        assert records.end_all(tmp_path, grace=1) == []
        assert other.poll() is None
        assert list(records.read(tmp_path)) == []
    finally:
        other.kill()
        other.wait()


def test_a_process_is_known_again_after_the_clock_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.write(tmp_path, records.record_of("me", os.getpid()))
    (record,) = records.read(tmp_path)
    set_on = psutil.boot_time() + 3600  # what the kernel says after its clock was moved an hour ahead
    monkeypatch.setattr("psutil._psplatform.boot_time", lambda: set_on)
    assert record.process() is not None


def test_what_ignores_its_stop_signal_is_killed(tmp_path: Path) -> None:
    stubborn = subprocess.Popen((sys.executable, "-c", STUBBORN), stdout=subprocess.PIPE)
    with stubborn:
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        records.write(tmp_path, records.record_of("stubborn", stubborn.pid, stop_signal=signal.SIGTERM))
        assert records.end_all(tmp_path, grace=0.2) == ["stubborn"]
    assert not psutil.pid_exists(stubborn.pid)


def test_this_process_itself_is_spared(tmp_path: Path) -> None:
    records.write(tmp_path, records.record_of("supervisor", os.getpid()))
    assert records.end_all(tmp_path, grace=0.1) == []


def test_half_a_record_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"name": "bro')
    assert list(records.read(tmp_path)) == []
