"""A child process: started, watched, and ended for certain."""

import asyncio
import contextlib
import os
import pwd
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import psutil

from wex import kernel, records

_OUTPUT_BYTES = 65_536
_PORT_TRIES = 5

T = TypeVar("T")


class ProcessError(Exception):
    """A process did not start, did not become ready, or ended when it should not have."""


class PortTakenError(ProcessError):
    """A process ended because something else listens on a port it was given."""


@dataclass(frozen=True)
class Command:
    """How one process is started and stopped; `module` is what a Python process runs, with its arguments."""

    name: str
    argv: tuple[str, ...]
    log: Path
    module: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    user: str | None = None
    port: int | None = None
    stop_signal: int = signal.SIGTERM
    grace: float = 10.0
    ends_with_parent: bool = True


class Handle(Protocol):
    """What is needed of a started process: `Popen` has it."""

    pid: int
    returncode: int | None

    def poll(self) -> int | None: ...
    def wait(self, timeout: float) -> int: ...
    def send_signal(self, sig: int) -> None: ...
    def kill(self) -> None: ...


class Child:
    """A running process of ours, in a session of its own, recorded until it has ended."""

    def __init__(
        self, command: Command, process: Handle, run: Path, record: records.Record, log_begin: int
    ) -> None:
        self.command = command
        self.pid = process.pid
        self._process = process
        self._run = run
        self._log_begin = log_begin
        records.write(run, record)

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def output(self) -> str:
        """What it has written to its log since it was started, the last part of it."""
        return _read_end(self.command.log, since=self._log_begin)

    def detach(self) -> None:
        """Leave it running when this process ends; whoever reads its record ends it."""
        self._process.returncode = 0

    def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        family = self._family()
        if self.exit_code is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._end(family)

    async def stop(self) -> None:
        """Send its stop signal, and kill what is left after its grace."""
        family = self._family()
        if self.exit_code is None:
            self._process.send_signal(self.command.stop_signal)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.command.grace):
                await self.ended()
        self._end(family)

    async def ended(self) -> int:
        """Wait for it to end; answers its exit code."""
        while (code := self.exit_code) is None:  # noqa: ASYNC110 - a child of ours is asked, not awaited
            await asyncio.sleep(0.02)
        return code

    def _family(self) -> list[psutil.Process]:
        try:
            children: list[psutil.Process] = psutil.Process(self.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return children

    def _end(self, family: list[psutil.Process]) -> None:
        if self.exit_code is None:
            self._process.kill()
        self._process.wait(timeout=10)
        records.kill(family)
        records.forget(self._run, self.command.name)


def start(command: Command, run: Path, *, pass_fds: Collection[int] = ()) -> Child:
    """Start the process; its output goes to its log."""
    stop_signal = int(command.stop_signal)
    ask_kernel = kernel.end_with_parent(stop_signal) if command.ends_with_parent else None
    command.log.parent.mkdir(parents=True, exist_ok=True)
    with command.log.open("ab") as log:
        log_begin = log.tell()
        process = subprocess.Popen(
            command.argv,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=command.folder or "/",
            env={**os.environ, **command.environment},
            start_new_session=True,
            preexec_fn=ask_kernel,  # noqa: PLW1509 - one system call, no lock taken
            pass_fds=pass_fds,
            user=command.user,
            group=group_of(command.user),
            extra_groups=[] if command.user else None,
        )
    record = records.record_of(command.name, process.pid, port=command.port, stop_signal=stop_signal)
    return Child(command, process, run, record, log_begin)


def group_of(user: str | None) -> int | None:
    """The user's own group, to which a child that drops to this user drops too."""
    return pwd.getpwnam(user).pw_gid if user else None


async def until_ready(
    child: Child, check: Callable[[], Awaitable[bool]], *, within: float, every: float = 0.1
) -> None:
    """Wait until the check holds while the process lives; its death ends the wait at once."""
    deadline = time.monotonic() + within
    ended = asyncio.ensure_future(child.ended())
    checking = asyncio.ensure_future(check())
    try:
        while True:
            await asyncio.wait({checking, ended}, return_when=asyncio.FIRST_COMPLETED)
            if child.exit_code is not None:
                raise _early_end(child)
            if checking.result():
                return
            if time.monotonic() > deadline:
                raise ProcessError(
                    f"{child.command.name} not ready within {within:.0f} s\n{last_lines(child.output())}"
                )
            await asyncio.wait({ended}, timeout=every)
            checking = asyncio.ensure_future(check())
    finally:
        ended.cancel()
        checking.cancel()
        await asyncio.gather(ended, checking, return_exceptions=True)


async def with_other_ports(attempt: Callable[[], Awaitable[T]]) -> T:
    """Attempt a start again while it fails for a taken port: another may come between choice and use."""
    for _ in range(_PORT_TRIES - 1):
        with contextlib.suppress(PortTakenError):
            return await attempt()
    return await attempt()


def _early_end(child: Child) -> ProcessError:
    output = child.output()
    kind = PortTakenError if "address already in use" in output.lower() else ProcessError
    return kind(f"{child.command.name} ended with code {child.exit_code}\n{last_lines(output)}")


def log_end(log: Path) -> str:
    """The last lines of a log file."""
    return last_lines(_read_end(log))


def last_lines(text: str, lines: int = 25) -> str:
    """The last lines of a text."""
    return "\n".join(text.splitlines()[-lines:])


def _read_end(log: Path, since: int = 0) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - _OUTPUT_BYTES))
        return file.read().decode(errors="replace")
