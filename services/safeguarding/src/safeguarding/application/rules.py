"""The service's dated rules, read once: checklist, clearance and the categories of concern."""

from datetime import date
from pathlib import Path
from typing import Any

from safeguarding.domain.checklists import Checklist, ChecklistItem
from safeguarding.domain.clearing import ClearanceRules, Referral
from safeguarding.domain.dbs import DbsRules
from shared.kernel import NotFound
from shared.rulepacks import RulePack, RulePacks

CHECKLIST, CLEARANCE, CATEGORIES = "checklist", "clearance", "concern_categories"
_PACKS = RulePacks(Path(__file__).parents[1] / "rules")


def checklist_on(day: date, activity_band: str) -> Checklist:
    """The checklist in force for a band."""
    return _checklist(_PACKS.on(CHECKLIST, day), activity_band)


def checklist_version(version: str, activity_band: str) -> Checklist:
    """A named version. Raises `NotFound`."""
    try:
        return _checklist(_PACKS.version(CHECKLIST, version), activity_band)
    except LookupError:
        raise NotFound("The checklist has no such version", field="query.version") from None


def clearance_rules_on(day: date) -> ClearanceRules:
    """The clearance rules in force on a day."""
    return _clearance_rules(_PACKS.on(CLEARANCE, day))


def clearance_rules_version(version: str) -> ClearanceRules:
    """A named version: to make an earlier decision again. Raises `LookupError`."""
    return _clearance_rules(_PACKS.version(CLEARANCE, version))


def concern_categories(day: date) -> dict[str, str]:
    """What a concern may be about: code to label."""
    return {each["code"]: each["label"] for each in _PACKS.on(CATEGORIES, day).rules["categories"]}


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


def _clearance_rules(pack: RulePack) -> ClearanceRules:
    rules, dbs, places = pack.rules, pack.rules["dbs"], pack.rules["specified_places"]
    return ClearanceRules(
        version=pack.version,
        assurance_of_site=rules["assurance_of_site"],
        home_codes=tuple(rules["home_codes"]),
        referrals=tuple(Referral(each["code"], each["when"]) for each in rules["referrals"]),
        dbs=DbsRules(
            period_days=dbs["period_days"],
            more_than_days=dbs["more_than_days"],
            overnight_counts=dbs["overnight_counts"],
            supervision_exempts=dbs["supervision_exempts"],
            sufficient_checks=tuple(dbs["sufficient_checks"]),
        ),
        specified_modes=tuple(places["modes"]),
        specified_formats=tuple(places["formats"]),
    )
