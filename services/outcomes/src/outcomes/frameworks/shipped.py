"""The frameworks that ship with the service as JSON files, read once."""

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from outcomes.frameworks.domain import Framework
from shared.kernel import NotFound

REFERENCE = Path(__file__).parents[1] / "reference"


class ShippedFrameworks:
    """The frameworks in this package, each in its newest version."""

    def __init__(self, frameworks: Mapping[str, Framework]) -> None:
        self._frameworks = dict(sorted(frameworks.items()))

    def all(self) -> Sequence[Framework]:
        return list(self._frameworks.values())

    def named(self, framework: str) -> Framework:
        if framework not in self._frameworks:
            raise NotFound("There is no such framework")
        return self._frameworks[framework]


@cache
def shipped_frameworks() -> ShippedFrameworks:
    """The frameworks of the JSON files; a later file of the same framework is a newer version."""
    frameworks: dict[str, Framework] = {}
    for path in sorted(REFERENCE.glob("*.json")):
        content = json.loads(path.read_text())
        version = path.stem.removeprefix(f"{content['framework']}-")
        frameworks[content["framework"]] = Framework.read(content, version)
    return ShippedFrameworks(frameworks)
