"""The processes' logs, shown with a coloured name before each line."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")
_WIDTH = 21
_MAX_BYTES = 20_000_000


class LogReader:
    """New lines of one log file since the last look; a file made anew is read from its start."""

    def __init__(self, file: Path, *, from_end: bool) -> None:
        self.file = file
        self._position = file.stat().st_size if from_end and file.exists() else 0
        self._rest = b""

    def new_lines(self) -> list[str]:
        """Whole lines written since the last call."""
        if not self.file.exists():
            return []
        if self.file.stat().st_size < self._position:
            self._position, self._rest = 0, b""
        with self.file.open("rb") as log:
            log.seek(self._position)
            fresh = log.read(1_000_000)
        self._position += len(fresh)
        *lines, self._rest = (self._rest + fresh).split(b"\n")
        return [line.decode(errors="replace") for line in lines]


def show(console: Console, name: str, line: str) -> None:
    """One line of a log, prefixed."""
    prefix = Text(f"{name:<{_WIDTH}}│ ", style=_COLOURS[sum(name.encode()) % len(_COLOURS)])
    console.print(prefix + Text.from_ansi(line), soft_wrap=True)


def show_last(console: Console, folder: Path, names: Iterable[str], lines: int) -> None:
    """The last lines of each named log."""
    for name in names:
        for line in LogReader(folder / f"{name}.log", from_end=False).new_lines()[-lines:]:
            show(console, name, line)


async def follow(console: Console, folder: Path, wanted: str | None = None) -> None:
    """Show new lines of every log, or of those whose name begins as wanted, until cancelled."""
    readers: dict[str, LogReader] = {name: LogReader(folder / f"{name}.log", from_end=True)
                                     for name in names(folder, wanted)}  # fmt: skip
    while True:
        for name in names(folder, wanted):
            reader = readers.setdefault(name, LogReader(folder / f"{name}.log", from_end=False))
            for line in reader.new_lines():
                show(console, name, line)
        await asyncio.sleep(0.15)


def names(folder: Path, wanted: str | None = None) -> list[str]:
    """The processes that have a log, by name."""
    return sorted(file.stem for file in folder.glob(f"{wanted or ''}*.log"))


def rotate(folder: Path) -> None:
    """Set aside the logs that have grown large, so that a start never adds to them without bound."""
    for file in folder.glob("*.log"):
        if file.stat().st_size > _MAX_BYTES:
            file.replace(file.with_suffix(".log.1"))
