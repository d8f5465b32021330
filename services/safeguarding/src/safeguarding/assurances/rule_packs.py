"""The versions of the national checklist, from their rule packs."""

from datetime import date
from typing import Any

from safeguarding.assurances.domain.checklists import RULE_PACK, Checklist, ChecklistItem
from shared.kernel import NotFound
from shared.rulepacks import RulePack, RulePacks


class ChecklistPacks:
    """The versions of the national checklist."""

    def __init__(self, packs: RulePacks) -> None:
        self._packs = packs

    def on(self, day: date, activity_band: str) -> Checklist:
        return _checklist(self._packs.on(RULE_PACK, day), activity_band)

    def version(self, version: str, activity_band: str) -> Checklist:
        try:
            return _checklist(self._packs.version(RULE_PACK, version), activity_band)
        except LookupError:
            raise NotFound("The checklist has no such version", field="query.version") from None


def _checklist(pack: RulePack, activity_band: str) -> Checklist:
    items = [each for each in pack.rules["items"] if activity_band in each.get("bands", [activity_band])]
    return Checklist(
        version=pack.version,
        effective_from=pack.effective_from,
        source=pack.source,
        activity_band=activity_band,
        valid_for_days=pack.rules["valid_for_days"],
        items=tuple(_item(each) for each in items),
    )


def _item(data: dict[str, Any]) -> ChecklistItem:
    return ChecklistItem(
        code=data["code"],
        question=data["question"],
        required=data["required"],
        evidence=data["evidence"],
        source=data["source"],
        exempt_by=tuple(data.get("exempt_by", ())),
        open_point=data.get("open_point"),
    )
