"""Records of running processes, so that the next start can end what a crash left behind."""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from wex.files import write_whole

_KILLED_WITHIN = 5.0


@dataclass(frozen=True)
class Record:
    """One process that was started: enough to know it again, and never to mistake another for it."""

    name: str
    pid: int
    began: float
    port: int | None = None
    stop_signal: int = signal.SIGTERM

    def process(self) -> psutil.Process | None:
        """The recorded process if it still runs; a newer one with the same id does not count."""
        try:
            process = psutil.Process(self.pid)
            same = began(self.pid) == self.began
        except psutil.NoSuchProcess:
            return None
        return process if same and lives(process) else None


def write(folder: Path, record: Record) -> None:
    """Keep a record; a reader never sees half of one."""
    write_whole(folder / f"{record.name}.json", json.dumps(asdict(record)))


def record_of(name: str, pid: int, *, port: int | None = None, stop_signal: int = signal.SIGTERM) -> Record:
    """The record of a process that runs now."""
    return Record(name, pid, began(pid), port, stop_signal)


def began(pid: int) -> float:
    """When a process began, as only this process has it, however often the machine's clock is set."""
    if sys.platform != "linux":
        return float(psutil.Process(pid).create_time())
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError) as error:
        raise psutil.NoSuchProcess(pid) from error
    return int(fields[19]) / os.sysconf("SC_CLK_TCK")  # since the machine started, not since an epoch


def forget(folder: Path, name: str) -> None:
    """Drop the record of a process that has ended."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def read(folder: Path) -> Iterator[Record]:
    """Every record in the folder; one that cannot be read is passed over."""
    for file in sorted(folder.glob("*.json")):
        with contextlib.suppress(ValueError, TypeError, FileNotFoundError):
            yield Record(**json.loads(file.read_text()))


def end(record: Record, grace: float) -> bool:
    """End a recorded process and its children: by its stop signal, then by killing. False if it had ended."""
    process = record.process()
    if process is None:
        return False
    family = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
        process.send_signal(record.stop_signal)
    wait_until_gone([process], grace)
    kill(family)
    return True


def kill(processes: list[psutil.Process]) -> None:
    """Kill them and wait until they are gone."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    wait_until_gone(processes, _KILLED_WITHIN)


def wait_until_gone(processes: list[psutil.Process], within: float) -> None:
    """Wait until none of them lives or the time is up."""
    deadline = time.monotonic() + within
    while any(lives(process) for process in processes) and time.monotonic() < deadline:
        time.sleep(0.02)


def lives(process: psutil.Process) -> bool:
    """Whether it still does anything: one that nobody has reaped yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_all(folder: Path, *, grace: float = 10, spare: int | None = None) -> list[str]:
    """End every process recorded in the folder but the spared one; answers the names of those ended."""
    ended = []
    for record in read(folder):
        if record.pid in {os.getpid(), spare}:
            continue
        if end(record, grace):
            ended.append(record.name)
        forget(folder, record.name)
    return ended
