"""The business clock: what "now" and "today" mean to the rules, always passed in."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Tells the time to the rules of the domain."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...

    def today(self) -> date:
        """The present day in England."""
        ...


@dataclass(slots=True)
class FixedClock:
    """A clock that stands still until it is moved: for tests of rules."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant

    def today(self) -> date:
        return self.instant.astimezone(LONDON).date()

    def move(self, by: timedelta) -> None:
        self.instant += by


@dataclass(slots=True)
class OffsetClock:
    """The machine's clock, ahead by the seconds written in a file.

    The file lets a local stack book a session in the future and attend it a moment later.
    Settings refuse the file in production; without one this is the machine's clock.
    """

    offset_file: Path | None = None
    _seen: tuple[int, int] = field(default=(0, 0), init=False)
    _offset: timedelta = field(default=timedelta(0), init=False)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._read_offset()

    def today(self) -> date:
        return self.now().astimezone(LONDON).date()

    def _read_offset(self) -> timedelta:
        if self.offset_file is None:
            return timedelta(0)
        try:
            status = self.offset_file.stat()
        except FileNotFoundError:
            return timedelta(0)
        seen = (status.st_mtime_ns, status.st_size)
        if seen != self._seen:
            text = self.offset_file.read_text().strip()
            self._offset = timedelta(seconds=float(text or 0))
            self._seen = seen
        return self._offset
