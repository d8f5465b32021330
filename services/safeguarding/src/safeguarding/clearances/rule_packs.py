"""The versions of the clearance rules, from their rule packs."""

from datetime import date

from safeguarding.clearances.domain.clearance_rules import RULE_PACK, ClearanceRules, Referral
from safeguarding.clearances.domain.dbs import DbsRules
from shared.rulepacks import RulePack, RulePacks


class ClearanceRulePacks:
    """The versions of the rules."""

    def __init__(self, packs: RulePacks) -> None:
        self._packs = packs

    def on(self, day: date) -> ClearanceRules:
        return _clearance_rules(self._packs.on(RULE_PACK, day))

    def version(self, version: str) -> ClearanceRules:
        return _clearance_rules(self._packs.version(RULE_PACK, version))


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
            when_regulated=dbs.get("when_regulated", "required"),
            grounds=tuple(each["code"] for each in dbs.get("grounds", ())),
            decision_serves_days=dbs.get("decision_serves_days", 0),
        ),
        specified_modes=tuple(places["modes"]),
        specified_formats=tuple(places["formats"]),
        assurance_may_be_renewed=rules.get("assurance_may_be_renewed", False),
        conditions=tuple(Referral(each["code"], each["when"]) for each in rules.get("conditions", ())),
    )
