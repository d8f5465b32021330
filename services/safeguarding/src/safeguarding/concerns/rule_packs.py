"""The code list of what a concern may be about, from its rule packs."""

from collections.abc import Mapping
from datetime import date

from shared.rulepacks import RulePacks


class CategoryPacks:
    """The versions of the code list."""

    def __init__(self, packs: RulePacks) -> None:
        self._packs = packs

    def on(self, day: date) -> Mapping[str, str]:
        pack = self._packs.on("concern_categories", day)
        return {each["code"]: each["label"] for each in pack.rules["categories"]}
