"""Sessions: dated runs of an opportunity, with places."""

from dataclasses import dataclass, replace
from datetime import date, time
from typing import Literal
from uuid import UUID

from shared.kernel import Conflict, Invalid, NotFound

SessionState = Literal["planned", "scheduled", "cancelled"]
MOST_SESSIONS = 100


class DaysOutOfOrder(Invalid):
    """A session's days are each named once, and each ends after it starts."""

    slug = "session-days-invalid"
    title = "Each day is named once and ends after it starts"


class SessionNotInFuture(Invalid):
    """A session is announced before it starts, by a day at the least."""

    slug = "session-not-in-future"
    title = "The session's first day must lie after today"


class SessionUnknown(NotFound):
    """The opportunity has no such session."""

    slug = "session-unknown"
    title = "There is no such session"


class SessionCancelledAlready(Conflict):
    """A cancelled session stays so."""

    slug = "session-cancelled-already"
    title = "The session is cancelled already"


class TooManySessions(Conflict):
    """Those ahead are announced and suspended together, which has a bound."""

    slug = "too-many-sessions"
    title = f"An opportunity has at most {MOST_SESSIONS} sessions ahead"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a session, in English local time; `overnight` where learners stay (2am to 6am)."""

    on: date
    starts: time
    ends: time
    overnight: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A dated run: `planned` until it is announced, then `scheduled`, at the end perhaps `cancelled`.

    `taken` is copied from bookings and never written with the session.
    """

    id: UUID
    places: int
    days: tuple[Day, ...]
    supervisor_ids: tuple[UUID, ...] = ()
    state: SessionState = "planned"
    taken: int = 0

    @classmethod
    def plan(
        cls,
        session_id: UUID,
        places: int,
        days: tuple[Day, ...],
        supervisor_ids: tuple[UUID, ...],
        today: date,
    ) -> "Session":
        """Plan a run. Raises `DaysOutOfOrder`, `SessionNotInFuture`."""
        ordered = tuple(sorted(days, key=lambda day: day.on))
        if len({day.on for day in ordered}) != len(ordered) or any(d.ends <= d.starts for d in ordered):
            raise DaysOutOfOrder(field="body.days")
        session = cls(
            id=session_id,
            places=places,
            days=ordered,
            supervisor_ids=tuple(dict.fromkeys(supervisor_ids)),
        )
        if not session.is_ahead(today):
            raise SessionNotInFuture(field="body.days")
        return session

    @property
    def first_day(self) -> date:
        return self.days[0].on

    @property
    def last_day(self) -> date:
        return self.days[-1].on

    @property
    def places_left(self) -> int:
        """Places that nobody holds, as far as is known here."""
        return max(0, self.places - self.taken)

    def is_ahead(self, today: date) -> bool:
        """Whether it starts after today."""
        return self.first_day > today

    def in_state(self, state: SessionState) -> "Session":
        return replace(self, state=state)
