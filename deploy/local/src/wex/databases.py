"""Each service's database: provisioned and migrated, once per set of migrations."""

import asyncio
import hashlib
import json
import os
import sys
from pathlib import Path

from shared.persistence.provision import ServiceDatabase, provision
from wex.folders import REPOSITORY
from wex.processes import ProcessError, log_end


class Migrated:
    """Which migrations the databases of one data folder have had, so that a warm start skips them."""

    def __init__(self, file: Path | None) -> None:
        self._file = file

    def has(self, service: str) -> bool:
        """Whether this service's migrations of today have run."""
        return self._file is not None and self._read().get(service) == migrations_digest(service)

    def add(self, service: str) -> None:
        """Remember that they have."""
        if self._file is not None:
            self._file.write_text(json.dumps(self._read() | {service: migrations_digest(service)}))

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


async def ready_database(
    admin_url: str,
    service: str,
    database: ServiceDatabase,
    *,
    migrated: Migrated,
    environment: dict[str, str],
    log: Path,
) -> None:
    """Make the service's database where it is missing and apply its migrations."""
    if migrated.has(service):
        return
    await provision(admin_url, service, database.name)
    await migrate(service, environment=environment, log=log)
    migrated.add(service)


async def migrate(service: str, *, environment: dict[str, str], log: Path) -> None:
    """Run `python -m <service> migrate` in the service's environment."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", service, "migrate"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            env=os.environ | environment,
        )
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            process.kill()
            await process.wait()
            raise
    if code:
        raise ProcessError(f"{service}: migrations failed with code {code}\n{log_end(log)}")
