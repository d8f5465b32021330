"""What can be asked about assurances."""

from dataclasses import dataclass
from uuid import UUID

from safeguarding.assurances.domain.checklists import Answer


@dataclass(frozen=True, slots=True)
class GrantAssurance:
    """Ask for an assurance with a complete checklist."""

    assurance_id: UUID
    provider_id: UUID
    site_id: UUID
    activity_band: str
    checklist_version: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class LapseAssurance:
    """Let an assurance lapse if its last day is over."""

    assurance_id: UUID
    provider_id: UUID
