"""The platform's business clock: the services add the seconds in a file to the time of day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from wex.files import write_whole


def ahead(file: Path) -> float:
    """By how many seconds the clock runs ahead."""
    return float(file.read_text()) if file.exists() else 0.0


def advance(file: Path, seconds: float) -> None:
    """Move the clock ahead by so much more."""
    write_whole(file, str(ahead(file) + seconds))


def today(seconds_ahead: float) -> date:
    """The business day in England, by a clock that runs so much ahead."""
    return (datetime.now(UTC) + timedelta(seconds=seconds_ahead)).astimezone(ZoneInfo("Europe/London")).date()
