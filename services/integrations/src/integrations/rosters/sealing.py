"""Seals learners' rows to the public key of `bookings`: from here on this service cannot read them."""

import hmac
import json
from collections.abc import Sequence
from uuid import UUID

from joserfc import jwe
from joserfc.jwk import ECKey

from integrations.keys import key_for
from integrations.rosters.domain.inspection import Learner
from integrations.rosters.domain.roster import SealedRow

_ALGORITHMS = ["ECDH-ES+A256KW", "A256GCM"]


class RowSealer:
    """JWE compact, a fresh content key for each row (RFC 7516, RFC 7518 section 4.6)."""

    def __init__(self, public_key: str, key: bytes) -> None:
        self._recipient = ECKey.import_key(json.loads(public_key))
        self._digest_key = key_for("roster rows", key)
        self._header = {"alg": _ALGORITHMS[0], "enc": _ALGORITHMS[1]}
        if kid := self._recipient.kid:
            self._header["kid"] = kid

    def seal(self, institution_id: UUID, learners: Sequence[Learner]) -> tuple[SealedRow, ...]:
        return tuple(
            SealedRow(learner.row, self._key_of(institution_id, learner), self._sealed(learner))
            for learner in learners
        )

    def _key_of(self, institution_id: UUID, learner: Learner) -> str:
        identity = institution_id.bytes + learner.source_id.encode()
        return hmac.digest(self._digest_key, identity, "sha256").hex()[:32]

    def _sealed(self, learner: Learner) -> str:
        row = {
            "source_id": learner.source_id,
            "upn": learner.upn,
            "given_name": learner.given_name,
            "family_name": learner.family_name,
            "birth_date": learner.birth_date and learner.birth_date.isoformat(),
            "year_group": learner.year_group,
            "priority_flags": list(learner.priority_flags),
            "status": learner.status,
        }
        # The library writes the row's ephemeral key into the header it is given: each row has its own.
        header = dict(self._header)
        return jwe.encrypt_compact(header, json.dumps(row).encode(), self._recipient, algorithms=_ALGORITHMS)
