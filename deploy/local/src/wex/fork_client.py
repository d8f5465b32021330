"""The supervisor's end of the fork server: Python processes that start in a fraction of the time."""

import asyncio
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil

from wex import records
from wex.processes import Child, Command, ProcessError, start

NAME = "fork-server"


def can_fork() -> bool:
    """On Linux, unless WEX_FORK=no: elsewhere the system's own libraries do not survive a fork."""
    return sys.platform == "linux" and os.environ.get("WEX_FORK") != "no"


class ForkedProcess:
    """A process that the fork server has started, with what `Popen` offers of it."""

    def __init__(self, client: "ForkClient", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._client = client
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        """The exit code, once it has ended."""
        if self.returncode is None:
            self.returncode = self._client.exit_code(self.pid)
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Signal it, and never another process that has taken over its id."""
        if self._process:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._process.send_signal(sig)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Wait for its end."""
        deadline = time.monotonic() + timeout
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired(str(self.pid), timeout)
            time.sleep(0.01)
        return code


class ForkClient:
    """Starts the fork server, sends it start requests and keeps the exit codes it reports."""

    def __init__(self, run: Path, log: Path, folder: Path) -> None:
        self._run = run
        self._ours, theirs = socket.socketpair()
        argv = (sys.executable, "-u", "-m", "wex.fork_server", str(theirs.fileno()))
        self.server = start(Command(NAME, argv, log, folder=folder), run, pass_fds=(theirs.fileno(),))
        theirs.close()
        self._unread = b""
        self._ready = False
        self._ended: dict[int, int] = {}

    async def is_ready(self, within: float = 180) -> bool:
        """Wait until the fork server has done its imports; False if it has ended."""
        async with asyncio.timeout(within):
            while self._server_lives and not self._ready:
                self._read(within=0)
                await asyncio.sleep(0.02)
        return self._server_lives

    @property
    def _server_lives(self) -> bool:
        return self.server.exit_code is None

    def start(self, command: Command) -> Child:
        """Start a Python process."""
        command.log.parent.mkdir(parents=True, exist_ok=True)
        log_begin = command.log.stat().st_size if command.log.exists() else 0
        request = {
            "name": command.name,
            "module": command.module,
            "log": str(command.log),
            "folder": str(command.folder or "/"),
            "environment": {**os.environ, **command.environment},
            "stop_signal": int(command.stop_signal),
        }
        self._ours.sendall(json.dumps(request).encode() + b"\n")
        started = self._await_started(within=60)
        pid = started["started"]
        record = records.Record(command.name, pid, started["began"], command.port, int(command.stop_signal))
        return Child(command, ForkedProcess(self, pid), self._run, record, log_begin)

    def exit_code(self, pid: int) -> int | None:
        """How a process has ended; None while it runs."""
        while self._read(within=0):
            pass
        if pid not in self._ended and not self._server_lives:
            return -signal.SIGTERM  # the kernel ends the forked processes when the fork server is gone
        return self._ended.get(pid)

    def _await_started(self, within: float) -> dict[str, Any]:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self._server_lives:
            for event in self._read(within=0.2):
                if "started" in event:
                    return event
        raise ProcessError(f"the fork server does not answer: see {self.server.command.log}")

    def _read(self, within: float) -> list[dict[str, Any]]:
        if not select.select([self._ours], [], [], within)[0]:
            return []
        received = self._ours.recv(1 << 16)
        *lines, self._unread = (self._unread + received).split(b"\n")
        events: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self._ready = self._ready or any("ready" in event for event in events)
        self._ended.update({event["ended"]: event["code"] for event in events if "ended" in event})
        return events

    async def close(self) -> None:
        """End the fork server; the processes it has forked should be gone by then."""
        await self.server.stop()
        self._ours.close()
