"""Webhook secrets: made here, kept sealed (AES-256-GCM), opened to be shown once and to sign."""

import base64
import os
import secrets
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from standardwebhooks import Webhook

from integrations.keys import key_for

_NONCE_BYTES = 12
_SECRET_BYTES = 32  # Standard Webhooks 1.0.0: 24 to 64


class SecretCipher:
    """Seals each secret together with the endpoint it belongs to: moved elsewhere it does not open.

    The first key seals; the others, earlier ones, still open what they sealed.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        self._ciphers = [AESGCM(key_for("webhook secrets", key)) for key in keys]

    def new_secret(self, endpoint_id: UUID) -> str:
        """A fresh signing secret, sealed."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[0].encrypt(nonce, secrets.token_bytes(_SECRET_BYTES), endpoint_id.bytes)
        return base64.urlsafe_b64encode(nonce + sealed).decode()

    def open(self, sealed: str, endpoint_id: UUID) -> str:
        """The secret in the form of Standard Webhooks: `whsec_` and base64.

        Raises `InvalidTag` where none of the keys sealed it for this endpoint.
        """
        raw = base64.urlsafe_b64decode(sealed)
        for cipher in self._ciphers:
            with suppress(InvalidTag):
                secret = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], endpoint_id.bytes)
                return "whsec_" + base64.b64encode(secret).decode()
        raise InvalidTag

    def sign(
        self,
        sealed: list[str],
        endpoint_id: UUID,
        delivery_id: UUID,
        payload: str,
        at: datetime | None = None,
    ) -> dict[str, str]:
        """The headers of Standard Webhooks, signed with every secret; partners accept any of them.

        The time is the machine's, not the business clock's: the partner compares it with its own.
        """
        at = at or datetime.now(UTC)
        signatures = [
            Webhook(self.open(each, endpoint_id)).sign(str(delivery_id), at, payload) for each in sealed
        ]
        return {
            "webhook-id": str(delivery_id),
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
