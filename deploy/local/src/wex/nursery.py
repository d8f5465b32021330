"""The supervisor's end of the nurse: Python processes that start in a fraction of the time."""

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

NAME = "nurse"


def can_fork() -> bool:
    """On Linux, unless WEX_FORK=no: elsewhere the system's own libraries do not survive a fork."""
    return sys.platform == "linux" and os.environ.get("WEX_FORK") != "no"


class Forked:
    """A process the nurse has forked, with what `Popen` offers of it."""

    def __init__(self, nursery: "Nursery", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._nursery = nursery
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process = psutil.Process(pid)

    def poll(self) -> int | None:
        """The exit code, once it has ended."""
        if self.returncode is None:
            self.returncode = self._nursery.exit_code(self.pid)
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


class Nursery:
    """Starts the nurse, sends orders and hears of ends."""

    def __init__(self, run: Path, log: Path, folder: Path) -> None:
        self._run = run
        self._ours, theirs = socket.socketpair()
        argv = (sys.executable, "-u", "-m", "wex.nurse", str(theirs.fileno()))
        self.nurse = start(Command(NAME, argv, log, folder=folder), run, pass_fds=(theirs.fileno(),))
        theirs.close()
        self._unread = b""
        self._ready = False
        self._ended: dict[int, int] = {}

    async def is_ready(self, within: float = 60) -> bool:
        """Wait until the nurse has done her imports; False if she has died."""
        async with asyncio.timeout(within):
            while self._lives and not self._ready:
                self._read(within=0)
                await asyncio.sleep(0.02)
        return self._lives

    @property
    def _lives(self) -> bool:
        return self.nurse.exit_code is None

    def start(self, command: Command) -> Child:
        """Start a Python process."""
        command.log.parent.mkdir(parents=True, exist_ok=True)
        order = {
            "name": command.name,
            "module": command.module,
            "log": str(command.log),
            "folder": str(command.folder or "/"),
            "environment": {**os.environ, **command.environment},
            "stop_signal": int(command.stop_signal),
        }
        self._ours.sendall(json.dumps(order).encode() + b"\n")
        started = self._hear(within=10)
        pid = started["started"]
        record = records.Record(command.name, pid, started["created"], command.port, int(command.stop_signal))
        return Child(command, Forked(self, pid), self._run, record)

    def exit_code(self, pid: int) -> int | None:
        """How a process has ended; None while it runs."""
        while self._read(within=0):
            pass
        if pid not in self._ended and not self._lives:
            return -signal.SIGTERM  # the nurse is gone, and the kernel ends her children with her
        return self._ended.get(pid)

    def _hear(self, within: float) -> dict[str, Any]:
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self._lives:
            for news in self._read(within=0.2):
                if "started" in news:
                    return news
        raise ProcessError(f"the nurse does not answer: see {self.nurse.command.log}")

    def _read(self, within: float) -> list[dict[str, Any]]:
        if not select.select([self._ours], [], [], within)[0]:
            return []
        received = self._ours.recv(1 << 16)
        *lines, self._unread = (self._unread + received).split(b"\n")
        heard: list[dict[str, Any]] = [json.loads(line) for line in lines]
        self._ready = self._ready or any("ready" in news for news in heard)
        self._ended.update({news["ended"]: news["code"] for news in heard if "ended" in news})
        return heard

    async def close(self) -> None:
        """End the nurse; she hangs up, and her children should be gone by then."""
        await self.nurse.stop()
        self._ours.close()
