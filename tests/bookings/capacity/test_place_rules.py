"""How long places are kept while a person decides."""

from datetime import date, timedelta

from bookings.capacity.rule_packs import place_rules
from bookings.main import RULES
from shared.rulepacks import RulePacks

PLACE_RULES = place_rules(RulePacks(RULES))


def test_places_stay_held_over_the_longest_school_holiday_while_a_person_decides() -> None:
    summer_holiday = timedelta(weeks=6)
    assert PLACE_RULES(date(2026, 11, 26)).referred_hold > summer_holiday
    assert PLACE_RULES(date(2026, 11, 25)).referred_hold == timedelta(days=3)
