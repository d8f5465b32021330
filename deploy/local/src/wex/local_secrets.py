"""The secrets of one local platform: made at its first start, then kept."""

import base64
import json
import secrets
from pathlib import Path

from wex.files import write_whole


def load_secrets(file: Path) -> dict[str, str]:
    """The kept secrets by the name of the variable that carries each."""
    if not file.exists():
        write_whole(file, json.dumps(new_secrets(), indent=2), mode=0o600)
    kept: dict[str, str] = json.loads(file.read_text())
    return kept


def new_secrets() -> dict[str, str]:
    """Fresh secrets for one platform."""
    from wex.issuer import new_key  # noqa: PLC0415 - only the first start pays for cryptography

    roster_key = new_key()
    return {
        "WEX_CURSOR_SECRET": secrets.token_urlsafe(32),
        "WEX_PSEUDONYM_SECRET": secrets.token_urlsafe(32),
        "WEX_ROSTER_PRIVATE_KEY": json.dumps(roster_key.as_dict(private=True)),
        "WEX_ROSTER_PUBLIC_KEY": json.dumps(roster_key.as_dict(private=False)),
        "WEX_SECRETS_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
    }
