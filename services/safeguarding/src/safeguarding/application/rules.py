"""The service's dated rules, read once: the categories of concern."""

from datetime import date
from pathlib import Path

from shared.rulepacks import RulePacks

CATEGORIES = "concern_categories"
_PACKS = RulePacks(Path(__file__).parents[1] / "rules")


def concern_categories(day: date) -> dict[str, str]:
    """What a concern may be about: code to label."""
    return {each["code"]: each["label"] for each in _PACKS.on(CATEGORIES, day).rules["categories"]}
