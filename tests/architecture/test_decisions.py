"""Decisions: one file each in one shape, all of them in the index, each held by something that exists."""

import re
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs/decisions"
SHAPE = re.compile(
    r"\A# (?P<number>\d{3})\. (?P<title>.+)\n\n"
    r"- Date: \d{4}-\d{2}-\d{2}\n- Status: (?P<status>.+)\n- Held by: (?P<held_by>`.+`)\n"
    r"(?:.|\n)*\n## Context\n(?:.|\n)*\n## Decision\n(?:.|\n)*\n## Consequences\n(?:.|\n)*\n## Alternatives\n"
)
ROW = re.compile(r"^\| \[(\d{3})\]\((.+?)\) \| (.+?) \| (.+?) \|$", re.MULTILINE)


def faults(folder: Path, root: Path) -> list[str]:
    """What is wrong with the decisions in a folder of a repository."""
    found, rows, numbers = [], [], set[str]()
    for path in sorted(folder.glob("[0-9]*.md")):
        shape = SHAPE.match(path.read_text())
        if shape is None or not path.name.startswith(f"{shape['number']}-"):
            found.append(f"{path.name} has not the shape of a decision")
            continue
        if shape["number"] in numbers:
            found.append(f"{shape['number']} was given twice")
        numbers.add(shape["number"])
        rows.append((shape["number"], path.name, shape["title"], shape["status"]))
        missing = [each for each in re.findall(r"`(.+?)`", shape["held_by"]) if not (root / each).exists()]
        found += [f"{path.name} is held by {each}, which is not there" for each in missing]
    for number, name, _, status in rows:
        later = re.fullmatch(r"accepted|superseded by (\d{3})", status)
        if later is None or (later[1] and (later[1] not in numbers or later[1] <= number)):
            found.append(f"{name} has a status that leads nowhere: {status}")
    if ROW.findall((folder / "README.md").read_text()) != rows:
        found.append("the index is not what the files say")
    return found


def test_every_decision_has_its_shape_its_place_in_the_index_and_what_holds_it() -> None:
    assert faults(FOLDER, ROOT) == []


@pytest.mark.parametrize(
    ("line", "planted", "fault"),
    [
        ("# 002. ", "# 003. ", "002-.+ has not the shape"),
        ("## Context", "## Background", "002-.+ has not the shape"),
        ("tests/shared/test_relay.py", "tests/shared/test_gone.py", "held by tests/shared/test_gone.py"),
        ("Status: accepted", "Status: superseded by 999", "leads nowhere"),
        ("Status: accepted", "Status: superseded by 001", "leads nowhere"),
        ("Status: accepted", "Status: under discussion", "leads nowhere"),
        ("# 002. The relay", "# 002. A relay", "the index is not what the files say"),
    ],
)
def test_planted_a_decision_out_of_shape_is_seen(tmp_path: Path, line: str, planted: str, fault: str) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "decisions")
    (path,) = folder.glob("002-*.md")
    path.write_text(path.read_text().replace(line, planted, 1))

    assert any(re.search(fault, each) for each in faults(folder, ROOT))


def test_planted_a_number_given_twice_and_a_file_beside_the_index_are_seen(tmp_path: Path) -> None:
    folder = shutil.copytree(FOLDER, tmp_path / "decisions")
    (path,) = folder.glob("002-*.md")
    shutil.copy(path, folder / "002-again.md")

    assert {"002 was given twice", "the index is not what the files say"} <= set(faults(folder, ROOT))
