"""The rule pack `site-trust` to the rules of whose assurance is in question."""

from collections.abc import Callable
from datetime import date

from bookings.copies.rules import SiteTrustRules
from shared.rulepacks import RulePacks


def site_trust_rules(packs: RulePacks) -> Callable[[date], SiteTrustRules]:
    """Chooses the rules by day; a pack that does not fit them fails at the start, not in an event."""
    versions = {
        pack.version: SiteTrustRules(frozenset(pack.rules["assured_modes"]))
        for pack in packs.all()
        if pack.name == "site-trust"
    }
    return lambda day: versions[packs.on("site-trust", day).version]
