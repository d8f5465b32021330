"""One key of the service, and from it one for each purpose."""

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def key_for(purpose: str, key: bytes) -> bytes:
    """The 32-byte key of one purpose (HKDF, RFC 5869): what is known of one tells nothing of another."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"wex-integrations {purpose}".encode()).derive(
        key
    )
