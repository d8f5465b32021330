"""What can be asked about supervisors."""

from dataclasses import dataclass
from uuid import UUID

from safeguarding.supervisors.domain import DbsCheck, NoCheckNeeded


@dataclass(frozen=True, slots=True)
class RecordSupervisor:
    """Record what is known of an adult: a DBS check that was seen, why none is needed, or neither."""

    provider_id: UUID
    supervisor_id: UUID
    check: DbsCheck | None
    no_check_needed: NoCheckNeeded | None = None
