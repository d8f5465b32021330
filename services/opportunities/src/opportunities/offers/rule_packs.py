"""The dated rules of offers, read from YAML once at start."""

from collections.abc import Iterable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from opportunities.offers.domain.hours import HoursRule
from opportunities.offers.domain.offer import MemberRule, OfferRules, Value
from shared.rulepacks import RulePack, RulePacks

_RULES = Path(__file__).parents[1] / "rules"


class OfferRulePacks:
    """The rules of offers, by the day they are asked for."""

    def __init__(self, folder: Path = _RULES) -> None:
        self._packs = RulePacks(folder)

    def on(self, day: date) -> OfferRules:
        """The rules in force on a day. Raises `LookupError` before the first."""
        return _rules(self._packs.on("offering", day))


def _rules(pack: RulePack) -> OfferRules:
    members = tuple(_member_rule(rule) for rule in pack.rules["members"])
    hours = tuple(_hours_rule(rule) for rule in pack.rules.get("hours", ()))
    return OfferRules(pack.name, pack.version, members, frozenset(pack.rules["assured_modes"]), hours)


def _hours_rule(rule: dict[str, Any]) -> HoursRule:
    return HoursRule(
        code=rule["code"],
        source=rule["source"],
        year_groups=frozenset(rule["year_groups"]),
        earliest=time.fromisoformat(rule["earliest"]),
        latest=time.fromisoformat(rule["latest"]),
        latest_accompanied=time.fromisoformat(rule["latest_accompanied"]),
        longest=timedelta(minutes=rule["longest_minutes"]),
        break_after=timedelta(minutes=rule["break_after_minutes"]),
        break_of=timedelta(minutes=rule["break_minutes"]),
        most_days_in_seven=rule["most_days_in_seven"],
    )


def _member_rule(rule: dict[str, Any]) -> MemberRule:
    return MemberRule(
        code=rule["code"],
        when={member: _values(values) for member, values in rule["when"].items()},
        member=rule["member"],
        words=rule["words"],
        source=rule["source"],
        present=rule.get("present"),
        within=_values(rule["within"]) if "within" in rule else None,
    )


def _values(values: Iterable[Value]) -> frozenset[Value]:
    return frozenset(values)
