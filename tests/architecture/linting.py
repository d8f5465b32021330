"""Lints the SQL of migrations with squawk: what would stop a service that runs. `make check` runs it."""

import importlib.util
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Executable, text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg

from wex.folders import REPOSITORY

# These had been deployed before there was a lint, and a migration that was deployed stays as it is.
DEPLOYED = {"bookings": 11, "integrations": 5, "opportunities": 7, "outcomes": 7, "safeguarding": 7}


def undeployed() -> list[Path]:
    """The migrations that are linted."""
    return [
        file
        for service, newest in DEPLOYED.items()
        for file in sorted((REPOSITORY / "services" / service / "migrations" / "versions").glob("[0-9]*.py"))
        if int(file.name[:4]) > newest
    ]


def sql_of(migration: Path) -> str:
    """The statements a migration would run."""
    spec = importlib.util.spec_from_file_location(f"linted_{migration.stem}", migration)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    written: list[str] = []
    dialect = PGDialect_asyncpg()  # type: ignore[no-untyped-call]

    def write(statement: "Executable | str", **_: object) -> None:
        clause = text(statement) if isinstance(statement, str) else statement
        written.append(str(clause.compile(dialect=dialect)))  # type: ignore[attr-defined]

    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": io.StringIO()}
    )
    context.impl.execute = write  # type: ignore[method-assign,assignment]
    with Operations.context(context):
        module.upgrade()
    return ";\n".join([*written, ""])


def complaints(migrations: Iterable[Path]) -> str:
    """What squawk has to say about these, nothing where all is well."""
    with tempfile.TemporaryDirectory() as folder:
        for number, migration in enumerate(migrations):
            Path(folder, f"{number}_{migration.stem}.sql").write_text(sql_of(migration))
        files = sorted(map(str, Path(folder).iterdir()))
        if not files:
            return ""
        squawk = Path(sys.executable).with_name("squawk")
        done = subprocess.run(
            [squawk, "--config", REPOSITORY / ".squawk.toml", *files],
            capture_output=True,
            text=True,
            check=False,
        )
    return done.stdout + done.stderr if done.returncode else ""


if __name__ == "__main__":
    sys.exit(complaints(undeployed()) or 0)
