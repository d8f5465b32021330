"""The secrets of one local platform: made at its first start, then kept."""

import base64
import json
import os
import secrets
from pathlib import Path


def load_secrets(file: Path) -> dict[str, str]:
    """The kept secrets by the name of the variable that carries each."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            json.dump(new_secrets(), out, indent=2)
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
