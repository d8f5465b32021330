"""One child process: ready, dead, stopped, killed."""

import asyncio
import socket
import sys
from pathlib import Path

import psutil
import pytest

from wex import health, records
from wex.ports import free_port
from wex.processes import Command, PortTakenError, ProcessError, start, until_ready, with_other_ports

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN); open('ready', 'w').close(); {SLEEP}"
LISTENS = """
from http.server import HTTPServer, SimpleHTTPRequestHandler as Handler
Handler.do_GET = lambda self: (self.send_response(200), self.end_headers())
HTTPServer(("127.0.0.1", {port}), Handler).serve_forever()
"""
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

    await until_ready(child, ignores, within=60)
    await child.stop()
    assert child.exit_code == -9


async def test_killing_a_child_takes_its_children_along(tmp_path: Path) -> None:
    child = start(command(tmp_path, WITH_CHILD + "open('ready', 'w').close();" + SLEEP), tmp_path / "run")

    async def has_child() -> bool:
        return (tmp_path / "ready").exists()

    await until_ready(child, has_child, within=60)
    family = psutil.Process(child.pid).children(recursive=True)
    assert family
    child.kill()
    assert not any(records.lives(member) for member in family)


async def test_a_child_that_dies_early_shows_the_end_of_its_log(tmp_path: Path) -> None:
    child = start(command(tmp_path, "raise SystemExit('no port for me')"), tmp_path / "run")
    with pytest.raises(ProcessError, match=r"(?s)ended with code 1.*no port for me"):
        await until_ready(child, never, within=60)
    await child.stop()


async def test_a_death_ends_the_wait_although_the_check_hangs(tmp_path: Path) -> None:
    async def hangs() -> bool:
        await asyncio.Event().wait()
        return True

    child = start(command(tmp_path, "raise SystemExit('gone')"), tmp_path / "run")
    with pytest.raises(ProcessError, match="gone"):
        await until_ready(child, hangs, within=1000)
    await child.stop()


async def test_what_a_dead_child_answers_through_another_is_not_ready(tmp_path: Path) -> None:
    child = start(command(tmp_path, "raise SystemExit('gone')"), tmp_path / "run")
    await child.ended()

    async def another_answers() -> bool:
        return True

    with pytest.raises(ProcessError, match="gone"):
        await until_ready(child, another_answers, within=1000)
    await child.stop()


async def test_only_what_was_written_since_its_start_is_shown(tmp_path: Path) -> None:
    (tmp_path / "child.log").write_text("Address already in use, last week\n")
    child = start(command(tmp_path, "raise SystemExit('no luck')"), tmp_path / "run")
    with pytest.raises(ProcessError) as raised:
        await until_ready(child, never, within=1000)
    assert "no luck" in str(raised.value)
    assert "last week" not in str(raised.value)
    assert not isinstance(raised.value, PortTakenError)
    await child.stop()


async def test_a_taken_port_is_known_as_such_and_another_is_tried(tmp_path: Path) -> None:
    with socket.socket() as foreign:
        foreign.bind(("127.0.0.1", 0))
        foreign.listen()
        ports = iter([foreign.getsockname()[1], free_port()])
        tried: list[int] = []

        async def attempt() -> int:
            tried.append(next(ports))
            child = start(command(tmp_path, LISTENS.format(port=tried[-1])), tmp_path / "run")
            try:
                await until_ready(child, lambda: health.serves(child.pid, tried[-1]), within=60)
            finally:
                await child.stop()
            return tried[-1]

        assert await with_other_ports(attempt) == tried[1]


async def test_a_child_that_never_gets_ready_fails_at_the_deadline(tmp_path: Path) -> None:
    child = start(command(tmp_path, SLEEP), tmp_path / "run")
    with pytest.raises(ProcessError, match="not ready within"):
        await until_ready(child, never, within=0.2)
    child.kill()
