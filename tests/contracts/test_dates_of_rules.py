"""Which date each rule looks at: the table of decision 065, and the code that chooses the version."""

from pathlib import Path

import pytest

from shared.rulepacks import RulePacks

REPOSITORY = Path(__file__).parents[2]
DECISION = REPOSITORY / "docs/decisions/065-which-date-each-rule-looks-at.md"
TODAY, LAST_DAY, ATTENDED = "today", "the session's last day", "the day attended"
# Where the version is chosen: pack -> (what it is judged by, file, the words that choose).
CHOSEN = {
    "opportunities offering": (TODAY, "unit_of_work.py", "_rule_packs.on(self.today)"),
    "bookings places": (TODAY, "reservations/handlers/request_booking.py", "place_rules(uow.today)"),
    "bookings site-trust": (TODAY, "copies/handlers.py", "site_trust_rules(uow.today)"),
    "bookings booking-eligibility": (
        LAST_DAY,
        "reservations/handlers/request_booking.py",
        "eligibility_rules(session.last_day)",
    ),
    "safeguarding checklist": (TODAY, "assurances/handlers.py", "checklists.on(uow.today"),
    "safeguarding concern_categories": (TODAY, "concerns/handlers.py", "uow.today"),
    "safeguarding clearance": (LAST_DAY, "clearances/handlers.py", "clearance_rules.on(max(case.days))"),
    "outcomes guarantee-counting": (ATTENDED, "ledger/handlers.py", "rules.on(day)"),
}


def table() -> dict[str, str]:
    """What the decision says of each pack."""
    rows = [line.strip("| ").split(" | ") for line in DECISION.read_text().splitlines() if line[:2] == "| "]
    return {f"{service} {pack}": by for service, pack, by in rows if service != "service"}


def test_every_rule_pack_of_every_service_has_its_date_in_the_table() -> None:
    packs = {
        f"{folder.parts[-4]} {pack.name}"
        for folder in REPOSITORY.glob("services/*/src/*/rules")
        for pack in RulePacks(folder).all()
    }
    assert table().keys() == CHOSEN.keys() == packs


@pytest.mark.parametrize("pack", CHOSEN)
def test_the_version_is_chosen_by_the_date_the_table_says(pack: str) -> None:
    by, file, words = CHOSEN[pack]
    service = pack.split(maxsplit=1)[0]
    assert table()[pack] == by
    assert words in (REPOSITORY / "services" / service / "src" / service / file).read_text()
