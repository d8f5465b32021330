"""What can be asked about places."""

from dataclasses import dataclass
from uuid import UUID

from bookings.copies.domain import ScheduledSession


@dataclass(frozen=True, slots=True)
class ScheduleSession:
    """Copy a session that was scheduled, and open its places."""

    session: ScheduledSession
    sequence: int


@dataclass(frozen=True, slots=True)
class RelistOpportunity:
    """Copy that an opportunity is listed again, and offer its free places to those who wait."""

    opportunity_id: UUID
    sequence: int
