"""Everything the platform says on the side since the last look: logs, traces, topics, the parked."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from tests.faults.reading import SERVICES, Log, Rows
from wex.folders import Folders


class Sayings:
    """Reads on from where it read last."""

    def __init__(self, folders: Folders, log: Log, rows: Rows) -> None:
        self._folders, self._log, self._rows = folders, log, rows
        self._read: dict[Path, int] = {}
        self._messages = 0

    async def more(self) -> list[tuple[str, str]]:
        """(where, text) of all that is new, once the log of topics was read."""
        said = await asyncio.to_thread(lambda: list(self._files()))
        new, self._messages = self._log.raw[self._messages :], len(self._log.raw)
        for record in new:
            headers = b" ".join(value for _, value in record.headers)
            parts = (record.key or b"", record.value or b"", headers)
            said.append((f"topic {record.topic}", b" ".join(parts).decode(errors="replace")))
        for service in SERVICES:
            parked = await self._rows.ask(service, "select key, reason from parked_messages")
            said += [(f"parked in {service}", f"{row[0]} {row[1]}") for row in parked]
        return said

    def _files(self) -> Iterator[tuple[str, str]]:
        for folder in (self._folders.logs, self._folders.traces):
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    with file.open("rb") as content:
                        content.seek(self._read.get(file, 0))
                        new = content.read()
                    self._read[file] = self._read.get(file, 0) + len(new)
                    yield f"{folder.name}/{file.name}", new.decode(errors="replace")
