"""Which migrations the databases of one data folder have had, so that a warm start skips them."""

import hashlib
import json
from pathlib import Path

from wex.files import write_whole
from wex.folders import REPOSITORY


class Migrated:
    """A record beside the databases; without a file nothing is ever remembered."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def has(self, service: str) -> bool:
        """Whether this service's migrations of today have run."""
        return self._read().get(service) == migrations_digest(service)

    def add(self, service: str) -> None:
        """Remember that they have."""
        if self._file is not None:
            write_whole(self._file, json.dumps(self._read() | {service: migrations_digest(service)}))

    def _read(self) -> dict[str, str]:
        if self._file is None or not self._file.exists():
            return {}
        kept: dict[str, str] = json.loads(self._file.read_text())
        return kept


def migrations_digest(service: str) -> str:
    """Changes with any file that decides what a service's schema is."""
    digest = hashlib.sha256()
    files = [
        *sorted((REPOSITORY / "services" / service / "migrations").rglob("*.py")),
        REPOSITORY / "shared" / "src" / "shared" / "persistence" / "migrations.py",
    ]
    for file in files:
        digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
