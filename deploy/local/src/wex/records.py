"""What runs is written down, so that the next start can end what a crash left behind."""

import contextlib
import json
import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

_CLOCK_STEP_SECONDS = 2.0


@dataclass(frozen=True)
class Record:
    """One process that was started: enough to know it again, and never to mistake another for it."""

    name: str
    pid: int
    created: float
    port: int | None = None
    stop_signal: int = signal.SIGTERM

    def process(self) -> psutil.Process | None:
        """The recorded process if it still runs; a newer one with the same id does not count."""
        try:
            process = psutil.Process(self.pid)
            same = abs(process.create_time() - self.created) < _CLOCK_STEP_SECONDS
            return process if same and process.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


def write(folder: Path, record: Record) -> None:
    """Keep a record; a reader never sees half of one."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".tmp", delete=False) as file:
        json.dump(asdict(record), file)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(folder / f"{record.name}.json")


def record_of(name: str, pid: int, *, port: int | None = None, stop_signal: int = signal.SIGTERM) -> Record:
    """The record of a process that runs now."""
    return Record(name, pid, psutil.Process(pid).create_time(), port, stop_signal)


def forget(folder: Path, name: str) -> None:
    """Drop the record of a process that has ended."""
    (folder / f"{name}.json").unlink(missing_ok=True)


def read(folder: Path) -> Iterator[Record]:
    """Every record in the folder; one that cannot be read is passed over."""
    for file in sorted(folder.glob("*.json")):
        with contextlib.suppress(ValueError, TypeError, FileNotFoundError):
            yield Record(**json.loads(file.read_text()))


def end(record: Record, grace: float) -> bool:
    """End a recorded process and its children: asked first, then killed. False if it had ended."""
    process = record.process()
    if process is None:
        return False
    family = [process]
    with contextlib.suppress(psutil.NoSuchProcess):
        family += process.children(recursive=True)
        process.send_signal(record.stop_signal)
    psutil.wait_procs([process], timeout=grace)
    for member in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=5)
    return True


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
