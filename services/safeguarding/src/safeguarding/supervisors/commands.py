"""What can be asked about supervisors."""

from dataclasses import dataclass
from uuid import UUID

from safeguarding.supervisors.domain import DbsCheck


@dataclass(frozen=True, slots=True)
class RecordSupervisor:
    """Record what is known of an adult's DBS check: None if nobody has seen one."""

    provider_id: UUID
    supervisor_id: UUID
    check: DbsCheck | None
