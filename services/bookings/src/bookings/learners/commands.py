"""What can be asked about learners and cohorts."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ApplyRosterRow:
    """Apply one sealed row of a school's roster; the later its roster came, the higher its `sequence`."""

    institution_id: UUID
    roster_id: UUID
    row: int
    sealed: str = field(repr=False)
    sequence: int
    received_at: datetime


@dataclass(frozen=True, slots=True)
class FormCohort:
    """Put learners together under a label, to be booked together."""

    cohort_id: UUID
    institution_id: UUID
    label: str
    learner_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class RelabelCohort:
    """Give a cohort another label."""

    cohort_id: UUID
    institution_id: UUID
    label: str
