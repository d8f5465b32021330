"""The service's dated rules, read once: clearance and the categories of concern."""

from datetime import date
from pathlib import Path

from safeguarding.domain.clearing import ClearanceRules, Referral
from safeguarding.domain.dbs import DbsRules
from shared.rulepacks import RulePack, RulePacks

CLEARANCE, CATEGORIES = "clearance", "concern_categories"
_PACKS = RulePacks(Path(__file__).parents[1] / "rules")


def clearance_rules_on(day: date) -> ClearanceRules:
    """The clearance rules in force on a day."""
    return _clearance_rules(_PACKS.on(CLEARANCE, day))


def clearance_rules_version(version: str) -> ClearanceRules:
    """A named version: to make an earlier decision again. Raises `LookupError`."""
    return _clearance_rules(_PACKS.version(CLEARANCE, version))


def concern_categories(day: date) -> dict[str, str]:
    """What a concern may be about: code to label."""
    return {each["code"]: each["label"] for each in _PACKS.on(CATEGORIES, day).rules["categories"]}


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
