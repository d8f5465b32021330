"""Two ways of writing SQL and no third: plain text, and a mapped row read and saved by its repository."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "services").glob("*/src/**/*.py"))
BUILDERS = {"insert", "update", "delete", "merge", "relationship"}
SESSION_WRITES = {"add", "add_all", "merge", "delete", "flush", "refresh"}


def faults(source: str) -> list[str]:
    """What is neither plain SQL nor a mapped row that its repository reads and saves."""
    tree = ast.parse(source)
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").split(".")[0] in ("sqlalchemy", "sqlmodel", "shared")
        for alias in node.names
    }
    found = [f"imports {name}" for name in sorted(BUILDERS & imported)]
    if "select" in imported and "save_row" not in imported:
        found.append("selects mapped rows that it does not save")
    found += [
        f"calls {node.func.attr} on the session"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in SESSION_WRITES
        and ast.unparse(node.func.value).endswith(("db", "session"))
    ]
    return found


def test_every_statement_is_plain_sql_or_a_repositorys_own_row() -> None:
    told = {str(path.relative_to(ROOT)): found for path in SOURCES if (found := faults(path.read_text()))}

    assert told == {}


@pytest.mark.parametrize(
    "planted",
    [
        "from sqlalchemy.dialects.postgresql import insert",
        "from sqlalchemy import select",
        "from sqlalchemy.orm import relationship",
        "transaction.db.add(row)",
        "await self._db.merge(row)",
        "await uow.transaction.db.flush()",
    ],
)
def test_planted_a_third_idiom_is_seen(planted: str) -> None:
    assert len(faults(planted)) == 1


@pytest.mark.parametrize(
    "meant",
    [
        "from sqlalchemy import text",
        "from sqlalchemy import select\nfrom shared.persistence.rows import save_row",
        "seen.add(row)",
    ],
)
def test_the_two_idioms_pass(meant: str) -> None:
    assert faults(meant) == []
