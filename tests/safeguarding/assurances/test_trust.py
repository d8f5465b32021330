"""When a site counts as trusted for a band of activity: the authority's table.

`opportunities` and `bookings` follow the events of these facts and must come to the same answers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from safeguarding.assurances.domain.passports import Assurance, AssuranceSuspended, Passport, Suspension
from safeguarding.assurances.domain.trust import AssuranceSnapshot, why_not_trusted

FIRST = date(2026, 3, 2)
LAST = FIRST + timedelta(days=300)
AFTER = LAST + timedelta(days=1)
SITE, OTHER_SITE = uuid4(), uuid4()
BAND, OTHER_BAND = "low_risk", "higher_risk"


@dataclass
class History:
    """What happens, step by step, to the assurances of one provider."""

    passport: Passport = field(default_factory=lambda: Passport(uuid4(), version=1))
    concern_id: UUID = field(default_factory=uuid4)

    def grant(self, first: date = FIRST, last: date = LAST, site: UUID = SITE, band: str = BAND) -> "History":
        offered = Assurance(uuid4(), self.passport.provider_id, site, band, "1", "granted", first, last)
        self.passport.grant(offered)
        return self

    def refuse(self) -> "History":
        with pytest.raises(AssuranceSuspended):
            self.grant()
        return self

    def suspend(self, site: UUID | None = SITE) -> "History":
        self.passport.suspend(Suspension(self.concern_id, site))
        return self

    def lift(self) -> "History":
        self.passport.lift(self.concern_id)
        return self

    def lapse(self, today: date = AFTER) -> "History":
        for assurance_id in list(self.passport.assurances):
            self.passport.lapse(assurance_id, today)
        return self

    def snapshots(self, site: UUID, band: str) -> list[AssuranceSnapshot]:
        return [
            AssuranceSnapshot(each.id, each.state, each.valid_from, each.valid_until)
            for each in self.passport.assurances.values()
            if (each.site_id, each.activity_band) == (site, band)
        ]


Step = Callable[[History], History]
MISSING, SUSPENDED = "assurance-missing", "assurance-suspended"
NOT_EVERY_DAY = "assurance-not-in-force-on-every-day"
LATER = FIRST + timedelta(days=200)

CASES: list[tuple[str, Step, list[date], str | None]] = [
    ("unknown", lambda h: h, [FIRST], MISSING),
    ("granted, on its first day", lambda h: h.grant(), [FIRST], None),
    ("granted, on its last day", lambda h: h.grant(), [LAST], None),
    ("granted, the day before its first", lambda h: h.grant(), [FIRST - timedelta(days=1)], NOT_EVERY_DAY),
    ("granted, the day after its last", lambda h: h.grant(), [AFTER], NOT_EVERY_DAY),
    ("granted, on several days of which one is too late", lambda h: h.grant(), [LAST, AFTER], NOT_EVERY_DAY),
    ("granted for another band", lambda h: h.grant(band=OTHER_BAND), [FIRST], MISSING),
    ("granted for another site", lambda h: h.grant(site=OTHER_SITE), [FIRST], MISSING),
    ("suspended", lambda h: h.grant().suspend(), [FIRST], SUSPENDED),
    ("the whole provider suspended", lambda h: h.grant().suspend(None), [FIRST], SUSPENDED),
    ("another site suspended", lambda h: h.grant().suspend(OTHER_SITE), [FIRST], None),
    ("another band granted beside a suspension", lambda h: h.grant().grant(band=OTHER_BAND).suspend(),
     [FIRST], SUSPENDED),
    ("suspended, and a grant tried", lambda h: h.grant().suspend().refuse(), [FIRST], SUSPENDED),
    ("never granted and suspended, and a grant tried", lambda h: h.suspend().refuse(), [FIRST], MISSING),
    ("reinstated", lambda h: h.grant().suspend().lift(), [FIRST], None),
    ("reinstated, the day after its last", lambda h: h.grant().suspend().lift(), [AFTER], NOT_EVERY_DAY),
    ("granted after a suspension was lifted", lambda h: h.suspend().lift().grant(), [FIRST], None),
    ("renewed after a suspension was lifted", lambda h: h.grant().suspend().lift().grant(), [FIRST], None),
    ("its last day over, not lapsed yet", lambda h: h.grant(), [AFTER], NOT_EVERY_DAY),
    ("lapsed", lambda h: h.grant().lapse(), [LAST], MISSING),
    ("lapsed while suspended", lambda h: h.grant().suspend().lapse(), [LAST], MISSING),
    ("lapsed while suspended, then lifted", lambda h: h.grant().suspend().lapse().lift(), [LAST], MISSING),
    ("suspended after it lapsed", lambda h: h.grant().lapse().suspend(), [LAST], MISSING),
    ("renewed in time", lambda h: h.grant().grant(LATER, AFTER), [AFTER], None),
    ("renewed in time, then due by its first last day", lambda h: h.grant().grant(LATER, AFTER).lapse(AFTER),
     [AFTER], None),
    ("renewed, on a day before the renewal", lambda h: h.grant().grant(LATER, AFTER), [FIRST], NOT_EVERY_DAY),
    ("renewed until an earlier day", lambda h: h.grant().grant(FIRST, LATER), [LAST], NOT_EVERY_DAY),
    ("renewed after it lapsed", lambda h: h.grant().lapse().grant(AFTER, AFTER), [AFTER], None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "days", "why_not"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_a_site_is_trusted_when_its_one_assurance_is_granted_and_in_force_on_every_day(
    steps: Step, days: list[date], why_not: str | None
) -> None:
    found = steps(History()).snapshots(SITE, BAND)

    assert len(found) <= 1
    assert why_not_trusted(found[0] if found else None, days) == why_not
