"""What can be asked of the registers."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from outcomes.copies.domain import BookingRef


@dataclass(frozen=True, slots=True)
class RegisterEntry:
    """Minutes one learner was present; 0 when absent."""

    learner_id: UUID
    minutes: int


@dataclass(frozen=True, slots=True)
class CopyRegister:
    """Copy a day's register; it replaces an earlier one of that day."""

    booking: BookingRef
    on: date
    entries: tuple[RegisterEntry, ...]
    sequence: int
