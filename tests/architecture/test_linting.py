"""Migrations that would stop a running service are seen before they run."""

from pathlib import Path

import pytest

from tests.architecture.linting import DEPLOYED, complaints, undeployed
from wex.folders import REPOSITORY

_MIGRATION = """
from shared.persistence.migrations import statements
def upgrade() -> None:
    statements({sql!r})
"""


def planted(folder: Path, sql: str) -> list[Path]:
    migration = folder / "0001_planted.py"
    migration.write_text(_MIGRATION.format(sql=sql))
    return [migration]


def test_every_service_s_migrations_are_linted() -> None:
    assert {folder.parent.name for folder in REPOSITORY.glob("services/*/migrations")} == DEPLOYED.keys()
    assert complaints(undeployed()) == ""


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("create index things_by_name on things (name)", "require-concurrent-index-creation"),
        ("alter table things alter column name set not null", "adding-not-nullable-field"),
        ("alter table things add constraint known check (name <> '')", "constraint-missing-not-valid"),
        ("alter table things rename column name to label", "renaming-column"),
        ("drop table things", "ban-drop-table"),
        ("create table things (", "syntax-error"),
    ],
)
def test_planted_a_migration_that_stops_others_is_seen(tmp_path: Path, sql: str, rule: str) -> None:
    assert rule in complaints(planted(tmp_path, sql))


@pytest.mark.parametrize(
    "sql",
    [
        "create table things (name text not null);\ncreate index things_by_name on things (name)",
        "alter table things add column more text not null default ''",
        "-- squawk-ignore ban-drop-table\ndrop table things",
    ],
)
def test_what_stops_nobody_passes(tmp_path: Path, sql: str) -> None:
    assert complaints(planted(tmp_path, sql)) == ""
