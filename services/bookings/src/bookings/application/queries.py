"""What the service can be asked, and what it finds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from bookings.domain.attendance import Entry
from bookings.domain.bookings import Booking


@dataclass(frozen=True, slots=True)
class Reader:
    """On whose behalf bookings are read: these parties, and for a learner's own eyes only their own."""

    parties: frozenset[UUID]
    learner_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ListedLearner:
    """A learner as their own institution sees them."""

    id: UUID
    given_name: str
    family_name: str
    year_group: int
    priority_flags: Sequence[str]
    on_roll: bool


@dataclass(frozen=True, slots=True)
class RosterProgress:
    """How a roster's rows have fared so far; `failures` are the first of them."""

    roster_id: UUID
    applied: int
    failed: int
    failures: Sequence[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class ListedCohort:
    """A cohort and how many of it are on roll."""

    id: UUID
    label: str
    learners: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SessionPlaces:
    """A session's places now."""

    session_id: UUID
    places: int
    taken: int
    waiting: int


@dataclass(frozen=True, slots=True)
class DayRegister:
    """The register of one day as it was last taken."""

    on: date
    recorded_at: datetime
    entries: Sequence[Entry]


class Reads(Protocol):
    """Answers what is asked; every list in the order of its key, from after the one given."""

    async def learners(
        self,
        institution_id: UUID,
        year_group: int | None,
        priority: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[ListedLearner]:
        """The institution's learners on roll."""
        ...

    async def learner(self, institution_id: UUID, learner_id: UUID) -> ListedLearner:
        """Raises `NotFound`."""
        ...

    async def roster(self, institution_id: UUID, roster_id: UUID) -> RosterProgress:
        """Raises `NotFound` while no row of it has come."""
        ...

    async def cohorts(
        self, institution_id: UUID, after: UUID | None, limit: int
    ) -> Sequence[ListedCohort]: ...

    async def cohort(self, institution_id: UUID, cohort_id: UUID) -> tuple[ListedCohort, Sequence[UUID]]:
        """The cohort and its learners on roll. Raises `NotFound`."""
        ...

    async def booking(self, reader: Reader, booking_id: UUID) -> Booking:
        """Raises `NotFound`."""
        ...

    async def bookings(
        self,
        reader: Reader,
        session_id: UUID | None,
        state: str | None,
        after: UUID | None,
        limit: int,
    ) -> Sequence[Booking]: ...

    async def registers(
        self, reader: Reader, booking_id: UUID, after: date | None, limit: int
    ) -> Sequence[DayRegister]:
        """The days' registers. Raises `NotFound`."""
        ...

    async def places(self, session_id: UUID) -> SessionPlaces:
        """Raises `SessionUnknown`."""
        ...
