"""Sessions as one asks for them: what the register, safeguarding and the places themselves say."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from shared.kernel import Conflict, NotFound


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


@dataclass(frozen=True, slots=True)
class Session:
    """A session with all that decides whether it takes a booking now.

    `listed` is None while its opportunity has not been heard of.
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

    def after(self, places: int, waiting: int) -> "Session":
        """The session when a booking has taken places, or stands in its line."""
        return replace(self, taken=self.taken + places, waiting=self.waiting + waiting)

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
