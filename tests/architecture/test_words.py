"""The words of the house: rooms and names say what a thing is."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("shared/src", "services", "deploy/local/src", "deploy/api")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "__pycache__" not in path.parts
]
EMPTY_WORDS = re.compile(
    r"(Manager|Helper|Helpers|Util|Utils|Impl|Base|Service|Abstract\w+|Factory|Data|Info)$"
)
# The one class that is a service on one page, and the database of one.
MEANT = {"Service"}
LONGEST = 400


def empty_names(source: str) -> list[str]:
    """Classes whose names say nothing of what they are."""
    names = [node.name for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]
    return [name for name in names if EMPTY_WORDS.search(name) and name not in MEANT]


def faults(path: Path) -> list[str]:
    """What is against the house's words in a file."""
    text = path.read_text()
    found = [f"{name} says nothing" for name in empty_names(text)]
    if text.strip() and not ast.get_docstring(ast.parse(text)):
        found.append("a module begins with what it is")
    if len(text.splitlines()) > LONGEST:
        found.append(f"longer than {LONGEST} lines")
    if path.stem in {"utils", "helpers", "common", "misc", "managers", "base"}:
        found.append("its name says nothing")
    return found


def test_every_file_says_what_it_is_in_its_first_line_and_stays_short() -> None:
    told = {str(path.relative_to(ROOT)): found for path in SOURCES if (found := faults(path))}

    assert told == {}


@pytest.mark.parametrize("name", ["BookingManager", "DateHelper", "BaseRepository2Impl", "BookingService"])
def test_planted_an_empty_name_is_seen(name: str) -> None:
    assert empty_names(f"class {name}: ...") == [name]
