"""Assurances as this service knows them: whether a provider's site is trusted for a band of activity."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal
from uuid import UUID

from shared.kernel.clock import LONDON

# The deadline that passes on an assurance's first day.
ASSURANCE_BEGINS = "assurance-begins"
AssuranceState = Literal["granted", "suspended", "lapsed"]


@dataclass(frozen=True, slots=True)
class ProviderStanding:
    """Whether a provider is suspended: one site of it, or all of it where none is named."""

    provider_id: UUID
    site_id: UUID | None
    suspended: bool
    sequence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """The newest state of one assurance; `changed_at` orders it among others of its site and band."""

    id: UUID
    provider_id: UUID
    site_id: UUID
    activity_band: str
    state: AssuranceState
    sequence: int
    changed_at: datetime
    valid_from: date | None = None
    valid_until: date | None = None

    def in_force(self, on: date) -> bool:
        """Whether this assurance by itself gives trust on a day; its last day counts."""
        return (
            self.state == "granted"
            and (self.valid_from is None or self.valid_from <= on)
            and (self.valid_until is None or on <= self.valid_until)
        )

    def begins_at(self, today: date) -> datetime | None:
        """The first moment of its first day, while that lies ahead."""
        if self.valid_from is None or self.valid_from <= today:
            return None
        return datetime.combine(self.valid_from, time.min, LONDON).astimezone(UTC)


def why_not_assured(known: Collection[Assurance], on: date) -> str | None:
    """Why one site and band is not trusted on a day, as a reason code; None when it is.

    A site of which nothing is known is not trusted. A suspension outweighs whatever was granted before
    it, not what is granted after; an assurance that lapses takes nothing from one that was renewed in time.
    """
    suspended_at = max((each.changed_at for each in known if each.state == "suspended"), default=None)
    for each in known:
        if each.in_force(on) and (suspended_at is None or each.changed_at > suspended_at):
            return None
    if suspended_at is not None:
        return "assurance-suspended"
    if any(each.state == "lapsed" or (each.valid_until and each.valid_until < on) for each in known):
        return "assurance-lapsed"
    return "assurance-missing"
