"""Whether a release may run on the schema that a database has: neither an older nor an unknown newer one."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from alembic.script import ScriptDirectory

from shared.persistence.database import Database, is_transient
from shared.telemetry.logs import logger

PATIENCE = 120.0  # seconds for a database that starts, or is migrated, beside the process
_REST = 1.0
_SCHEMA = """
    select (select version_num from alembic_version) as revision, (select revision from schema_floor) as floor
"""
log = logger(__name__)


class SchemaUnfitError(Exception):
    """This release may not run on the database; the message says which schema it has, and which it needs."""


@dataclass(frozen=True, slots=True)
class Schema:
    """What a database says of itself.

    `floor` is the oldest revision whose release may still run on it, None where none was ever excluded.
    """

    revision: str | None
    floor: str | None = None


@dataclass(frozen=True, slots=True)
class Revisions:
    """The revisions one release of a service knows, and the newest of them, which it needs."""

    service: str
    known: frozenset[str]
    newest: str

    @classmethod
    def of(cls, service: str, folder: Path) -> "Revisions":
        """Those of a folder of migrations."""
        script = ScriptDirectory(str(folder))
        known = frozenset(each.revision for each in script.walk_revisions())
        return cls(service, known, script.get_current_head() or "")

    def newer(self, schema: Schema) -> bool:
        """Whether a newer release has migrated the database."""
        return schema.revision is not None and schema.revision not in self.known

    def unfit(self, schema: Schema) -> str | None:
        """Why this release may not run on it, in a sentence; None where it may."""
        whose = f"the database of {self.service} has schema {schema.revision or 'none, or an earlier one'}"
        if self.newer(schema):
            if schema.floor is None or schema.floor in self.known:
                return None
            return (
                f"{whose}, for releases that know {schema.floor} or later, and this one knows {self.newest}: "
                "deploy a newer release"
            )
        if schema.revision != self.newest:
            return f"{whose}, and this release needs {self.newest}: run `python -m {self.service} migrate`"
        return None


async def schema_of(connection: "asyncpg.Connection[Any]") -> Schema:
    """The schema of a database, as any of the service's roles may read it."""
    try:
        row = await connection.fetchrow(_SCHEMA)
    except (asyncpg.UndefinedTableError, asyncpg.InsufficientPrivilegeError):
        return Schema(None)  # not migrated, or by a release that did not let it be read
    return Schema(row["revision"], row["floor"]) if row else Schema(None)


async def must_fit(database: Database, revisions: Revisions, *, patience: float = 0.0) -> None:
    """Raise `SchemaUnfitError` unless this release may run on the database.

    For so many seconds it waits for one that does not answer, or is still to be migrated.
    """
    until, said = time.monotonic() + patience, ""
    while True:
        newer = False
        try:
            schema = await _read(database)
            why, newer = revisions.unfit(schema), revisions.newer(schema)
        except Exception as error:
            if not is_transient(error):
                raise
            why = f"the database of {revisions.service} does not answer"
        if why is None:
            return
        if newer or time.monotonic() >= until:
            raise SchemaUnfitError(why)
        if why != said:
            log.warning("waiting_for_schema", reason=why)
        said = why
        await asyncio.sleep(_REST)


async def _read(database: Database) -> Schema:
    connection = await database.connect()
    try:
        return await schema_of(connection)
    finally:
        connection.terminate()
