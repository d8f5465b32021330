"""Is a site trusted for a band of activity? The one rule; other services follow the events of its facts."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal
from uuid import UUID

AssuranceState = Literal["granted", "suspended", "lapsed"]
GRANTED: Final = "granted"
SUSPENDED: Final = "suspended"
LAPSED: Final = "lapsed"


@dataclass(frozen=True, slots=True)
class AssuranceSnapshot:
    """The one assurance of a site and band, as it was when somebody asked."""

    assurance_id: UUID
    state: AssuranceState
    valid_from: date
    valid_until: date


def why_not_trusted(assurance: AssuranceSnapshot | None, days: Collection[date]) -> str | None:
    """Why a site and band is not trusted on all of these days, as a reason code; None when it is.

    It is trusted when its assurance is granted, from its first day to its last, both included. A site
    and band has one assurance at most: whatever is granted anew renews it, and nothing is granted while a
    concern suspends the site, so it is never granted and suspended at once. Unknown is not trusted.
    """
    if assurance is None or assurance.state == LAPSED:
        return "assurance-missing"
    if assurance.state == SUSPENDED:
        return "assurance-suspended"
    if assurance.valid_from > min(days) or assurance.valid_until < max(days):
        return "assurance-not-in-force-on-every-day"
    return None
