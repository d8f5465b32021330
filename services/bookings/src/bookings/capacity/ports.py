"""What the use cases of places need, here and in the capabilities above."""

from collections.abc import Collection, Sequence
from typing import Protocol
from uuid import UUID

from bookings.capacity.domain import PlacesChange, Session
from bookings.copies.domain import AssuredSite, ScheduledSession
from bookings.copies.ports import Copies


class Sessions(Protocol):
    """Sessions with all that decides whether they take a booking."""

    async def keep(self, session_id: UUID) -> Session:
        """The session; nobody cancels it until this ends. Raises `SessionUnknown`."""
        ...

    async def get_each(self, session_ids: Collection[UUID]) -> dict[UUID, Session]:
        """Those of the sessions that are known."""
        ...


class Places(Protocol):
    """The counters of each session's places."""

    async def open(self, session: ScheduledSession) -> None:
        """All places of a new session are free."""
        ...

    async def settle(self, changes: Sequence[PlacesChange]) -> None:
        """Take or free places, and enter or leave the waiting lists, of many sessions locked in one order.

        Raises `ConcurrentChange` where others took the places first, the session was cancelled, or a
        newcomer finds somebody waiting who was not there before: tried again, the request sees how
        things stand.
        """
        ...

    async def offer_to_waiting(
        self,
        *,
        of_opportunity: UUID | None = None,
        at_site: AssuredSite | None = None,
        of_provider: UUID | None = None,
    ) -> None:
        """Have the free places of these sessions given to those who wait."""
        ...


class CapacityUnitOfWork(Protocol):
    """One transaction, as the use cases of this capability see it."""

    copies: Copies
    places: Places
