"""The rule pack `places` to the rules of the waiting list."""

from collections.abc import Callable
from datetime import date, timedelta

from bookings.capacity.rules import PlaceRules
from shared.rulepacks import RulePack, RulePacks


def place_rules(packs: RulePacks) -> Callable[[date], PlaceRules]:
    """Chooses the rules by day; a pack that does not fit them fails at the start, not in a request."""
    versions = {pack.version: _rules(pack) for pack in packs.all() if pack.name == "places"}
    return lambda day: versions[packs.on("places", day).version]


def _rules(pack: RulePack) -> PlaceRules:
    return PlaceRules(
        timedelta(minutes=pack.rules["hold_minutes"]),
        timedelta(minutes=pack.rules["referred_hold_minutes"]),
        pack.rules["smaller_may_pass"],
    )
