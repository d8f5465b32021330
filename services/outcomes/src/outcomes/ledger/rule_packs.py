"""The counting rules: the YAML rule packs that ship with the service, read once."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from outcomes.ledger.domain.counting import Rules
from shared.rulepacks import RulePack, RulePacks

PACKAGE = Path(__file__).parents[1]
COUNTING = "guarantee-counting"


class PackedRules:
    """The counting rules of the shipped packs."""

    def __init__(self, folder: Path = PACKAGE / "rules") -> None:
        self._packs = RulePacks(folder)
        self._rules: dict[str, Rules] = {}
        self._first = next(pack for pack in self._packs.all() if pack.name == COUNTING)

    def on(self, day: date) -> Rules:
        """The version in force on that day; before the first, the first: it has the date it begins."""
        return self._read(self._first if day < self._first.effective_from else self._packs.on(COUNTING, day))

    def at_least(self, day: date) -> Mapping[str, int]:
        """By criterion, what its measure must reach under the rules of that day."""
        return self.on(day).at_least

    def version(self, version: str) -> Rules:
        """A named version. Raises `LookupError`."""
        return self._read(self._packs.version(COUNTING, version))

    def _read(self, pack: RulePack) -> Rules:
        if pack.version not in self._rules:
            self._rules[pack.version] = Rules.read(pack.name, pack.version, pack.effective_from, pack.rules)
        return self._rules[pack.version]


@cache
def shipped_rules() -> PackedRules:
    """The rules in this package."""
    return PackedRules()
