"""Facts that other services own, as bookings are decided on them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from shared.kernel.clock import LONDON

OVERNIGHT_ENDS = time(6)


@dataclass(frozen=True, slots=True)
class Institution:
    """What `opportunities` says of an organisation that asks for places."""

    kind: str
    institution_type: str | None
    open: bool


@dataclass(frozen=True, slots=True)
class AssuredSite:
    """What an assurance is about: a provider's site and a band of activity."""

    provider_id: UUID
    site_id: UUID
    activity_band: str


@dataclass(frozen=True, slots=True)
class ProviderStanding:
    """Whether a provider is suspended: one site of it, or all of it where none is named."""

    provider_id: UUID
    site_id: UUID | None
    suspended: bool


@dataclass(frozen=True, slots=True)
class TrustedDays:
    """From when and until when a site is trusted; None where an earlier release did not say."""

    first: date | None
    last: date | None

    def cover(self, first_day: date, last_day: date) -> bool:
        return (self.first is None or self.first <= first_day) and (
            self.last is None or last_day <= self.last
        )


@dataclass(frozen=True, slots=True)
class SessionDay:
    """One day of a session, in English local time."""

    on: date
    starts: time
    ends: time
    overnight: bool = False

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.on, self.starts)

    @property
    def finishes(self) -> datetime:
        """The end: the next morning's for a night away or for an end before the start."""
        ends = OVERNIGHT_ENDS if self.overnight else self.ends
        end = datetime.combine(self.on, ends)
        return end if end > self.begins else end + timedelta(days=1)

    @property
    def minutes(self) -> int:
        """The day's length: none can attend longer."""
        return int((self.finishes - self.begins).total_seconds()) // 60


@dataclass(frozen=True, slots=True)
class ScheduledSession:
    """A dated run of an opportunity, as `opportunities` scheduled it."""

    id: UUID
    opportunity_id: UUID
    provider_id: UUID
    places: int
    days: tuple[SessionDay, ...]

    @property
    def begins_at(self) -> datetime:
        return min(day.begins for day in self.days).replace(tzinfo=LONDON)
