"""The rule pack `booking-eligibility` to the rules of who may be booked onto what."""

from collections.abc import Callable
from datetime import date

from bookings.reservations.domain.ages import LeavingRule
from bookings.reservations.domain.eligibility import EligibilityRules, InstitutionRule, PlacementRule
from shared.rulepacks import RulePack, RulePacks


def eligibility_rules(packs: RulePacks) -> Callable[[date], EligibilityRules]:
    """Chooses the rules by day; a pack that does not fit them fails at the start, not in a request."""
    versions = {pack.version: _rules(pack) for pack in packs.all() if pack.name == "booking-eligibility"}
    return lambda day: versions[packs.on("booking-eligibility", day).version]


def _rules(pack: RulePack) -> EligibilityRules:
    placement, institutions = pack.rules["placement"], pack.rules["institutions"]
    age = pack.rules["compulsory_school_age"]
    return EligibilityRules(
        pack.name,
        pack.version,
        PlacementRule(
            placement["rule"],
            placement["source"],
            frozenset(placement["formats"]),
            frozenset(placement["kinds"]),
            frozenset(placement["year_groups"]) if "year_groups" in placement else None,
        ),
        InstitutionRule(institutions["rule"], institutions["source"], frozenset(institutions["types"])),
        LeavingRule(age["age"], age["school_year_begins_in"], age["leaving_month"], age["leaving_weekday"]),
        frozenset(pack.rules.get("needs_review", {}).get("flags", ())),
    )
