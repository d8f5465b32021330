"""What the use cases of bookings need."""

from collections.abc import Callable, Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from bookings.capacity.ports import Places, Sessions
from bookings.capacity.rules import PlaceRules
from bookings.copies.domain import AssuredSite, ProviderStanding
from bookings.copies.ports import Copies, SiteTrust
from bookings.learners.ports import Cohorts, Learners, RosterUnitOfWork
from bookings.reservations.domain.booking import Booking
from bookings.reservations.domain.eligibility import Candidate, EligibilityRules
from bookings.reservations.domain.lifecycle import State


class PlacesRequest(NamedTuple):
    """Places requested in a session, for learners of an institution, under the booking's id."""

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
    """Bookings, with the places they take and the days they fill."""

    async def get(self, booking_id: UUID, parties: Collection[UUID]) -> Booking:
        """A booking that one of these parties asked for or provides. Raises `NotFound`."""
        ...

    async def waiting_for(self, session_id: UUID, limit: int) -> list[Booking]:
        """Those on the session's waiting list, in order of asking."""
        ...

    async def of_session(self, session_id: UUID) -> list[Booking]:
        """The session's bookings that have not ended, locked."""
        ...

    async def of_site(self, site: AssuredSite, states: Collection[State]) -> list[Booking]:
        """Bookings in these states onto sessions of the site and band that have not begun, locked."""
        ...

    async def of_provider(self, standing: ProviderStanding, states: Collection[State]) -> list[Booking]:
        """Bookings in these states of the provider, or at the site, whose last day is not over, locked."""
        ...

    async def trusted_again(self, standing: ProviderStanding, states: Collection[State]) -> list[Booking]:
        """Those of them that nothing keeps suspended: also under way, where their assurance is not asked."""
        ...

    async def of_learner(self, institution_id: UUID, learner_id: UUID) -> list[Booking]:
        """The learner's bookings that have not ended."""
        ...

    async def reserve_days(self, booking: Booking) -> bool:
        """Fill the learners' days; False, with nothing filled, where one is booked elsewhere."""
        ...

    async def save(self, *bookings: Booking) -> None:
        """Save the bookings, take or free their places, set their deadlines, publish what happened.

        Raises `ConcurrentChange`, `LearnerAlreadyBooked`, `LearnerBusy`.
        """
        ...

    async def forget_learner(self, institution_id: UUID, learner_id: UUID) -> None:
        """Delete what any booking has of the learner."""
        ...


class RequestUnitOfWork(Protocol):
    """One transaction, as requests for places see it."""

    now: datetime
    today: date
    eligibility_rules: Callable[[date], EligibilityRules]
    place_rules: Callable[[date], PlaceRules]
    copies: Copies
    cohorts: Cohorts
    sessions: Sessions
    candidates: Candidates
    bookings: Bookings


class WaitingListUnitOfWork(Protocol):
    """One transaction, as the waiting list sees it."""

    now: datetime
    today: date
    place_rules: Callable[[date], PlaceRules]
    sessions: Sessions
    bookings: Bookings


class LifecycleUnitOfWork(Protocol):
    """One transaction, as whatever moves a single booking sees it."""

    now: datetime
    today: date
    place_rules: Callable[[date], PlaceRules]
    sessions: Sessions
    site_trust: SiteTrust
    bookings: Bookings


class RosterFollowedUnitOfWork(RosterUnitOfWork, Protocol):
    """One transaction, as a row of a roster sees it that bookings may have to follow."""

    now: datetime
    today: date
    eligibility_rules: Callable[[date], EligibilityRules]
    sessions: Sessions
    bookings: Bookings


class ErasureUnitOfWork(Protocol):
    """One transaction, as the erasure of a learner sees it."""

    learners: Learners
    bookings: Bookings


class CopiedFactsUnitOfWork(Protocol):
    """One transaction, as facts of other services that move bookings see it."""

    now: datetime
    today: date
    place_rules: Callable[[date], PlaceRules]
    copies: Copies
    site_trust: SiteTrust
    places: Places
    bookings: Bookings
