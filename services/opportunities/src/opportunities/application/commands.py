"""What the register can be asked to do."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RegisterOrganisation:
    """Put an organisation on the register, with its first site where a postcode is given."""

    organisation_id: UUID
    kind: str
    name: str
    registered_by: UUID
    area_code: str | None = None
    institution_type: str | None = None
    reference: str | None = None
