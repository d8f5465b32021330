"""What the use cases need from the outside, by its role."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from bookings.capacity.ports import Places, Sessions
from bookings.capacity.rules import PlaceRules
from bookings.copies.domain import AssuredSite
from bookings.copies.ports import Copies, SiteTrust
from bookings.domain.attendance import Register
from bookings.domain.bookings import Booking
from bookings.domain.eligibility import Candidate, EligibilityRules
from bookings.domain.saga import State
from bookings.learners.ports import Cohorts, Learners, Roster


class PlacesRequest(NamedTuple):
    """Places asked for in a session, for learners of an institution, under the booking's id."""

    booking_id: UUID
    institution_id: UUID
    session_id: UUID
    learner_ids: tuple[UUID, ...]


class Candidates(Protocol):
    """Learners somebody wants to book."""

    async def of(self, requests: Sequence[PlacesRequest]) -> list[list[Candidate]]:
        """For each, its learners who are on roll, with how their days stand beside the session's."""
        ...


class Bookings(Protocol):
    """Keeps bookings, with the places they take and the days they fill."""

    async def get(self, booking_id: UUID, parties: Collection[UUID]) -> Booking:
        """A booking that one of these parties asked for or provides. Raises `NotFound`."""
        ...

    async def waiting_for(self, session_id: UUID, limit: int) -> list[Booking]:
        """Those who wait for the session, in order of asking."""
        ...

    async def of_session(self, session_id: UUID) -> list[Booking]:
        """The session's bookings that have not ended, locked."""
        ...

    async def of_site(self, site: AssuredSite, states: Collection[State]) -> list[Booking]:
        """Bookings in these states onto sessions of the site and band that have not begun, locked."""
        ...

    async def of_learner(self, institution_id: UUID, learner_id: UUID) -> list[Booking]:
        """The learner's bookings that have not ended."""
        ...

    async def forget_learner(self, institution_id: UUID, learner_id: UUID) -> None:
        """Keep nothing of the learner with any booking."""
        ...

    async def reserve_days(self, booking: Booking) -> bool:
        """Fill the learners' days; False, with nothing filled, where one is booked elsewhere."""
        ...

    async def save(self, *bookings: Booking) -> None:
        """Keep the bookings, take or free their places, set their deadlines, say what happened.

        Raises `ConcurrentChange`, `LearnerAlreadyBooked`, `LearnerBusy`.
        """
        ...

    async def keep_register(self, booking: Booking, register: Register) -> None:
        """Keep a day's register in place of an earlier one."""
        ...


class UnitOfWork(Protocol):
    """One transaction of the service."""

    now: datetime
    today: date
    eligibility_rules: Callable[[date], EligibilityRules]
    place_rules: Callable[[date], PlaceRules]
    roster: Roster
    learners: Learners
    candidates: Candidates
    cohorts: Cohorts
    sessions: Sessions
    places: Places
    copies: Copies
    site_trust: SiteTrust
    bookings: Bookings
