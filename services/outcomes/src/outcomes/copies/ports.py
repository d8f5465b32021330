"""What the copies need from outside."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Protocol
from uuid import UUID

from outcomes.copies.commands import CopyBooking, CopyOpportunity, CopySession
from outcomes.copies.domain import BookedIn, BookingRef


class Copies(Protocol):
    """Copies of opportunities, sessions and bookings: of each the newest, whatever order they arrive in."""

    async def copy_opportunity(self, command: CopyOpportunity) -> Sequence[BookedIn]:
        """Copy it; the bookings that its kind and mode matter to, where these are new."""
        ...

    async def copy_session(self, command: CopySession) -> Sequence[BookedIn]:
        """Copy it; its bookings, where its days are new."""
        ...

    async def copy_booking(self, command: CopyBooking) -> bool:
        """Copy it; whether it was newer than what was known."""
        ...

    async def copy_missing_bookings(self, bookings: Sequence[BookingRef]) -> None:
        """Copy the bookings that are not known yet, without learners: their own events are still to come."""
        ...

    async def remove_learner(self, institution_id: UUID, learner_id: UUID) -> None:
        """Take the learner out of every booking of the institution."""
        ...

    async def bookings_of(self, session_id: UUID) -> Sequence[BookedIn]:
        """The session's bookings, as far as the present tenants are parties to them."""
        ...

    async def last_day_of(self, session_id: UUID) -> date | None:
        """The session's last day; None where the session is not known."""
        ...

    async def provider_of(self, session_id: UUID) -> UUID | None:
        """Whose session it is; None where it is not known."""
        ...


class Assessments(Protocol):
    """Assesses attended days anew when something that matters to them has changed; the ledger does it."""

    async def assess_soon(self, bookings: Sequence[BookedIn]) -> None:
        """Have what was attended under these bookings assessed, each in a transaction of its own."""
        ...


class BookedLearners(Protocol):
    """The learners whom bookings name; the ledger keeps where each has been."""

    async def booked(self, institution_id: UUID, learner_ids: Collection[UUID]) -> set[UUID]:
        """Remember that the institution's bookings name these; those of them who have not been forgotten."""
        ...


class CopiesUnitOfWork(Protocol):
    """What copying needs of a transaction."""

    copies: Copies
    booked_learners: BookedLearners
    assessments: Assessments

    async def lock(self, subject_id: UUID) -> None:
        """Let no other transaction write or read this session or opportunity until this one ends."""
        ...

    async def lock_institution(self, institution_id: UUID) -> None:
        """Let no other transaction write the institution's accounts until this one ends."""
        ...
