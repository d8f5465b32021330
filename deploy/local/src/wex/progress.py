"""What a person sees while the platform starts."""

import time

from rich.console import Console
from rich.status import Status

from wex.announcements import Announcement
from wex.platform import Platform

_STYLES = {"ready": "green", "died": "bold red", "note": "yellow"}


class Progress:
    """Prints what happens, with one moving line for what is under way."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._under_way: dict[str, str] = {}
        self._status: Status | None = None
        if console.is_terminal:
            self._status = console.status("starting")
            self._status.start()
        self._fetched = ""

    def show(self, announcement: Announcement) -> None:
        """Show one announcement."""
        if announcement.kind in {"starting", "fetching"}:
            self._under_way[announcement.name] = announcement.detail
            self._show_fetching(announcement)
        else:
            self._under_way.pop(announcement.name, None)
        if self._status:
            self._status.update(", ".join(f"{n} {d}".strip() for n, d in self._under_way.items()) or "…")
        if style := _STYLES.get(announcement.kind):
            line = f"[{style}]{announcement.name:<22}{announcement.kind:<7}[/] {announcement.detail}"
            self._console.print(line, highlight=False)

    def _show_fetching(self, announcement: Announcement) -> None:
        tens = announcement.detail.partition("/")[0][:-1]
        if announcement.kind == "fetching" and not self._status and tens != self._fetched:
            self._fetched = tens
            self._console.print(f"{announcement.name:<22}fetching {announcement.detail}", highlight=False)

    def summary(self, platform: Platform) -> None:
        """Where everything is reached."""
        self.close()
        self._console.print(f"[bold]ready after {time.monotonic() - self._began:.1f} s[/]")
        for service in platform.services:
            self._console.print(f"  {service:<20}{platform.api(service)}", highlight=False)
        self._console.print(f"  {'issuer':<20}{platform.addresses.issuer}", highlight=False)

    def close(self) -> None:
        """End the moving line."""
        if self._status:
            self._status.stop()
            self._status = None
