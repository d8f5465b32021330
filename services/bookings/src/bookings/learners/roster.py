"""Sealed roster rows: opened with this service's key; how each fared is kept."""

import json
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import text

from bookings.learners.domain import RosterRow, RowUnreadable, pseudonym
from shared.bus.transaction import Transaction
from shared.contracts.vocabulary import ReasonCode, YearGroup

ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]
_Name = Annotated[str, Field(min_length=1, max_length=200)]
_PROGRESS = text(
    """
    insert into roster_rows (institution_id, roster_id, row_number, failure)
    values (:institution_id, :roster_id, :row, :failure)
    on conflict (institution_id, roster_id, row_number) do update set failure = excluded.failure
    """
)


class _Row(BaseModel):
    """The row inside the seal, as agreed with `integrations`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    source_id: Annotated[str, Field(min_length=1, max_length=255)]
    upn: Annotated[str, Field(max_length=20)] | None = None
    given_name: _Name
    family_name: _Name
    birth_date: date
    year_group: YearGroup
    priority_flags: Annotated[list[ReasonCode], Field(max_length=20)] = []
    status: Literal["active", "tobedeleted"]


class Keys:
    """The secrets rows are read with: the seal's private key and the pseudonyms' secret."""

    def __init__(self, private_key: str, pseudonym_secret: str) -> None:
        self.seal = ECKey.import_key(json.loads(private_key))
        self.pseudonyms = pseudonym_secret.encode()


class SealedRoster:
    """Opens rows and keeps how each fared."""

    def __init__(self, transaction: Transaction, keys: Keys) -> None:
        self._db = transaction.db
        self._keys = keys

    def open(self, sealed: str) -> RosterRow:
        try:
            opened = jwe.decrypt_compact(sealed, self._keys.seal, algorithms=ALGORITHMS)
        except (JoseError, ValueError, TypeError, KeyError):
            # A library's own words might repeat what it read.
            raise RowUnreadable("row-not-sealed-to-us") from None
        try:
            row = _Row.model_validate_json(opened.plaintext or b"")
        except ValidationError:
            raise RowUnreadable("row-malformed") from None
        return RosterRow(
            row.source_id,
            row.upn,
            row.given_name,
            row.family_name,
            row.birth_date,
            row.year_group,
            tuple(row.priority_flags),
            row.status == "active",
        )

    def pseudonym(self, institution_id: UUID, row: RosterRow) -> UUID:
        return pseudonym(self._keys.pseudonyms, institution_id, row.source_id, row.upn)

    async def save_progress(
        self, institution_id: UUID, roster_id: UUID, row: int, failure: str | None = None
    ) -> None:
        values = {"institution_id": institution_id, "roster_id": roster_id, "row": row, "failure": failure}
        await self._db.execute(_PROGRESS, values)
