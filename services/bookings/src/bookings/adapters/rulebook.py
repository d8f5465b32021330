"""Rule packs to the domain's rules: read once, chosen by day."""

from datetime import date, timedelta
from pathlib import Path

from bookings.domain.ages import LeavingRule
from bookings.domain.eligibility import EligibilityRules, InstitutionRule, PlacementRule
from bookings.domain.line import PlaceRules
from shared.rulepacks import RulePack, RulePacks

RULES = Path(__file__).parents[1] / "rules"


class Rulebook:
    """The service's rule packs; a pack that does not fit the rules fails at the start, not in a request."""

    def __init__(self, folder: Path = RULES) -> None:
        self._packs = RulePacks(folder)
        packs = self._packs.all()
        self._eligibility = {p.version: _eligibility(p) for p in packs if p.name == "booking-eligibility"}
        self._places = {p.version: _places(p) for p in packs if p.name == "places"}

    def eligibility(self, on: date) -> EligibilityRules:
        return self._eligibility[self._packs.on("booking-eligibility", on).version]

    def places(self, on: date) -> PlaceRules:
        return self._places[self._packs.on("places", on).version]


def _eligibility(pack: RulePack) -> EligibilityRules:
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
            frozenset(placement["year_groups"]),
        ),
        InstitutionRule(institutions["rule"], institutions["source"], frozenset(institutions["types"])),
        LeavingRule(age["age"], age["school_year_begins_in"], age["leaving_month"], age["leaving_weekday"]),
    )


def _places(pack: RulePack) -> PlaceRules:
    return PlaceRules(
        timedelta(minutes=pack.rules["hold_minutes"]),
        timedelta(minutes=pack.rules["referred_hold_minutes"]),
        pack.rules["smaller_may_pass"],
    )
