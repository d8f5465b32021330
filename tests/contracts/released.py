"""`python -m tests.contracts.released v0.3.0`: note what a release knows, when it is made.

The next release is held against it: see `tests/architecture/test_consumer_first.py`.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from shared.contracts.registry import published
from shared.contracts.schemas import schema_of

FILE = Path(__file__).parent / "released.json"
Values = dict[str, list[str]]  # of each enumeration in a type's schema


@dataclass(frozen=True)
class Known:
    """The types and values a release knows, and whether its readers keep what is newer (decision 048)."""

    release: str
    keeps_newer: bool
    types: dict[str, Values]


def last_release() -> Known:
    return Known(**json.loads(FILE.read_text()))


def present(release: str = "this one") -> Known:
    return Known(release, True, {kind: values_of(schema_of(each)) for kind, each in published().items()})


def values_of(schema: dict[str, Any]) -> Values:
    return dict(_enumerations(schema, ""))


def _enumerations(node: Any, place: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(node, list):
        node = dict(enumerate(node))
    if not isinstance(node, dict):
        return
    if listed := node.get("enum", [node["const"]] if "const" in node else []):
        yield place, sorted(map(str, listed))
    for name, each in node.items():
        yield from _enumerations(each, f"{place}/{name}")


if __name__ == "__main__":
    FILE.write_text(json.dumps(asdict(present(sys.argv[1])), indent=1) + "\n")
