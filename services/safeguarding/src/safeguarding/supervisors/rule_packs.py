"""The grounds on which an adult needs no check, from the rule pack by which clearances are decided."""

from collections.abc import Collection
from datetime import date

from shared.rulepacks import RulePacks


class GroundPacks:
    """The versions of the grounds."""

    def __init__(self, packs: RulePacks) -> None:
        self._packs = packs

    def on(self, day: date) -> Collection[str]:
        grounds = self._packs.on("clearance", day).rules["dbs"].get("grounds", ())
        return [each["code"] for each in grounds]
