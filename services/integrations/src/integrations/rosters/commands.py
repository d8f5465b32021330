"""What can be asked of rosters."""

from dataclasses import dataclass
from uuid import UUID

from integrations.rosters.domain.roster import Fault, OutOfScope, SealedRow


@dataclass(frozen=True, slots=True)
class ReceiveRoster:
    """Take in a roster that was read and sealed: nothing in this command can be read."""

    roster_id: UUID
    institution_id: UUID
    kind: str
    rows: int
    sealed: tuple[SealedRow, ...]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    out_of_scope: tuple[OutOfScope, ...]
