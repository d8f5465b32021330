"""Sealed roster rows: opened with this service's key; how each fared is kept."""

import base64
import json
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import text

from bookings.learners.domain import LeavingRow, RosterRow, RowUnreadable, pseudonym
from shared.bus.transaction import Transaction
from shared.contracts.vocabulary import ReasonCode, YearGroup
from shared.kernel import NotYetKnown

ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]
NOT_SEALED_TO_US = "row-not-sealed-to-us"
_Name = Annotated[str, Field(max_length=200)]
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
    given_name: _Name = ""
    family_name: _Name = ""
    birth_date: date | None = None
    year_group: YearGroup | None = None
    priority_flags: Annotated[list[ReasonCode], Field(max_length=20)] = []
    status: Literal["active", "tobedeleted"]

    def read(self) -> RosterRow | LeavingRow:
        """The row; whoever stays has a birth date, a year group and a name: some people have one only."""
        if self.status == "tobedeleted":
            return LeavingRow(self.source_id, self.upn)
        named = self.given_name or self.family_name
        if self.birth_date is None or self.year_group is None or not named:
            raise RowUnreadable("row-malformed")
        return RosterRow(
            self.source_id,
            self.upn,
            self.given_name,
            self.family_name,
            self.birth_date,
            self.year_group,
            tuple(self.priority_flags),
        )


class Keys:
    """The secrets rows are read with: the private keys of seals, one or a set, and the pseudonyms' secret."""

    def __init__(self, private_keys: str, pseudonym_secret: str) -> None:
        read = json.loads(private_keys)
        self._seals = [ECKey.import_key(each) for each in read.get("keys", [read])]
        self.pseudonyms = pseudonym_secret.encode()

    def of_seal(self, kid: str | None) -> list[ECKey]:
        """Those that a row may be sealed to: the one it names, or any where it names none."""
        return [each for each in self._seals if kid is None or each.kid == kid]


class SealedRoster:
    """Opens rows and keeps how each fared."""

    def __init__(self, transaction: Transaction, keys: Keys) -> None:
        self._db = transaction.db
        self._keys = keys

    def open(self, sealed: str) -> RosterRow | LeavingRow:
        try:
            return _Row.model_validate_json(self._opened(sealed)).read()
        except ValidationError:
            raise RowUnreadable("row-malformed") from None

    def _opened(self, sealed: str) -> bytes:
        kid = _key_named_by(sealed)
        for key in self._keys.of_seal(kid):
            try:
                return jwe.decrypt_compact(sealed, key, algorithms=ALGORITHMS).plaintext or b""
            except (JoseError, ValueError, TypeError, KeyError):
                # A library's own words might repeat what it read. Whoever names our key and did not use it
                # is at fault; without a name another of ours may fit.
                if kid is not None:
                    raise RowUnreadable(NOT_SEALED_TO_US) from None
        raise NotYetKnown("the key that a roster's row is sealed to")

    def pseudonym(self, institution_id: UUID, row: RosterRow | LeavingRow) -> UUID:
        return pseudonym(self._keys.pseudonyms, institution_id, row.source_id, row.upn)

    def source_key(self, institution_id: UUID, row: RosterRow | LeavingRow) -> UUID:
        return pseudonym(self._keys.pseudonyms, institution_id, row.source_id, None)

    async def save_progress(
        self, institution_id: UUID, roster_id: UUID, row: int, failure: str | None = None
    ) -> None:
        values = {"institution_id": institution_id, "roster_id": roster_id, "row": row, "failure": failure}
        await self._db.execute(_PROGRESS, values)


def _key_named_by(sealed: str) -> str | None:
    """The key that a sealed row names. Raises `RowUnreadable` for what is no sealed row."""
    head, *others = sealed.split(".")
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
        algorithms = [header["alg"], header["enc"]]
    except (ValueError, KeyError, TypeError):
        algorithms = []
    if algorithms != ALGORITHMS or len(others) != 4:
        raise RowUnreadable(NOT_SEALED_TO_US)
    kid = header.get("kid")
    return None if kid is None else str(kid)
