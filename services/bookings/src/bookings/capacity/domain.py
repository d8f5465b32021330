"""Places in sessions: whether a session takes a booking now, and what bookings take of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.kernel import Conflict, NotFound

WAITING_LIST = "waiting-list"


class SessionNotBookable(Conflict):
    """The session takes no bookings (any more)."""

    slug = "session-not-bookable"
    title = "The session takes no bookings"


class ProviderSuspended(Conflict):
    """The provider's site has no assurance for this band of activity at the moment."""

    slug = "provider-suspended"
    title = "The provider is suspended for this site and activity"


class SessionUnknown(NotFound):
    """There is no such session."""

    slug = "session-not-found"
    title = "There is no such session"


class NoPlacesLeft(Conflict):
    """The session has fewer free places than were asked for, or others wait for them already."""

    slug = "no-places-left"
    title = "The session has not enough places left"


class Holding(NamedTuple):
    """What a booking takes of its session: so many places, and whether it is on the waiting list."""

    places: int
    waiting: int

    def plus(self, other: "Holding") -> "Holding":
        return Holding(self.places + other.places, self.waiting + other.waiting)

    def minus(self, other: "Holding") -> "Holding":
        return Holding(self.places - other.places, self.waiting - other.waiting)


NOTHING = Holding(0, 0)


class PlacesChange(NamedTuple):
    """What changes in one session; a newcomer may not overtake those who wait."""

    session_id: UUID
    change: Holding
    newcomer: bool


def total_changes(changes: Iterable[PlacesChange]) -> list[PlacesChange]:
    """One change a session, leaving out what comes to nothing."""
    totals: dict[UUID, PlacesChange] = {}
    for each in changes:
        total = totals.get(each.session_id, PlacesChange(each.session_id, NOTHING, newcomer=False))
        change, newcomer = total.change.plus(each.change), total.newcomer or each.newcomer
        totals[each.session_id] = PlacesChange(each.session_id, change, newcomer)
    return [each for each in totals.values() if each.change != NOTHING]


@dataclass(frozen=True, slots=True)
class SessionPlaces:
    """A session's places, counted; every change moves the version."""

    session_id: UUID
    opportunity_id: UUID
    provider_id: UUID
    places: int
    taken: int
    waiting: int
    version: int

    def promotion_due(self, now: datetime) -> datetime | None:
        """When the waiting list is to be looked at: at once where somebody waits and places are free.

        The version makes each such time one of its own, also within one instant.
        """
        if self.waiting > 0 and self.taken < self.places:
            return now - timedelta(microseconds=self.version)
        return None


@dataclass(frozen=True, slots=True)
class Session:
    """A session with all that decides whether it takes a booking now.

    `listed` is None while its opportunity is not known yet.
    """

    id: UUID
    opportunity_id: UUID
    provider_id: UUID
    kind: str
    format: str
    year_groups: frozenset[int]
    first_day: date
    last_day: date
    begins_at: datetime
    cancelled: bool
    listed: str | None
    trusted: bool
    places: int
    taken: int
    waiting: int
    days: tuple[date, ...] = ()

    @property
    def places_left(self) -> int:
        return self.places - self.taken

    def has_room_for(self, learners: int) -> bool:
        """Whether newcomers find places: not while anybody waits, who asked before them."""
        return self.waiting == 0 and learners <= self.places_left

    def must_have_room_for(self, learners: int) -> None:
        """Raises `NoPlacesLeft` with the figures."""
        if not self.has_room_for(learners):
            raise NoPlacesLeft(places_left=self.places_left, places_asked=learners, waiting=self.waiting)

    def after(self, holding: Holding) -> "Session":
        """The session when a booking has taken places, or has joined its waiting list."""
        return replace(self, taken=self.taken + holding.places, waiting=self.waiting + holding.waiting)

    def must_take_bookings(self, now: datetime) -> None:
        """Raises `ProviderSuspended` or `SessionNotBookable` with the reason as a fact."""
        if not self.trusted:
            raise ProviderSuspended
        if reason := self._closed(now):
            raise SessionNotBookable(field="body.session_id", reason=reason)

    def takes_bookings(self, now: datetime) -> bool:
        return self.trusted and self._closed(now) is None

    def _closed(self, now: datetime) -> str | None:
        if self.cancelled:
            return "session-cancelled"
        if self.begins_at <= now:
            return "session-begun"
        if self.listed != "listed":
            return f"opportunity-{self.listed or 'not-known'}"
        return None
