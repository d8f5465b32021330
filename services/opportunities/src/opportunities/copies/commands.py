"""Which facts can be copied."""

from dataclasses import dataclass
from uuid import UUID

from opportunities.copies.domain import Assurance


@dataclass(frozen=True, slots=True)
class CopyAssurance:
    """Copy the state of an assurance, as safeguarding published it."""

    assurance: Assurance


@dataclass(frozen=True, slots=True)
class CopyPlacesTaken:
    """Copy how many places of a session are taken, as bookings published it."""

    session_id: UUID
    taken: int
    sequence: int


@dataclass(frozen=True, slots=True)
class CopyFramework:
    """Copy a framework's learning objectives, as outcomes published them."""

    framework: str
    version: str
    objective_codes: tuple[str, ...]
    sequence: int
