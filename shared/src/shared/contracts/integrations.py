"""What `integrations` publishes: what a partner sent, normalised. Personal members travel sealed."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.contract import Contract, contract

ROSTERS = "integrations.rosters"


@contract("roster.received.v1", topic=ROSTERS, key="roster_id")
class RosterReceived(Contract):
    """A school's management information system sent its learners; a row follows for each."""

    roster_id: UUID
    institution_id: UUID
    format: Literal["oneroster-1.2-csv"]
    kind: Literal["bulk", "delta"]
    rows: int = Field(ge=0)
    rejected_rows: int = Field(ge=0)


@contract("roster.row_received.v1", topic=ROSTERS, key="row_key")
class RosterRowReceived(Contract):
    """One learner of a roster, readable by `bookings` alone."""

    roster_id: UUID
    institution_id: UUID
    row_key: str = Field(
        pattern=r"^[0-9a-f]{32}$",
        description="Keyed digest of the row's identity: keeps a learner's rows in order, tells nothing",
    )
    row: int = Field(ge=1, description="Line in the partner's file")
    sealed: str = Field(description="JWE (ECDH-ES+A256KW, A256GCM) of the row, to the key of `bookings`")
