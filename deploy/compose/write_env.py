"""Writes `.env`: a copy of `.env.example` with fresh secrets. What is there already stays as it is."""

import os
import secrets
from pathlib import Path

from wex.local_secrets import new_secrets

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Write the file for its owner alone, or refuse where there is one."""
    content = filled((ROOT / ".env.example").read_text())
    try:
        descriptor = os.open(ROOT / ".env", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise SystemExit(".env is there already: its secrets open the data that compose has kept") from None
    with os.fdopen(descriptor, "w") as file:
        file.write(content)


def filled(example: str) -> str:
    """The example with a value after each `NAME=`; quoted, so that nothing in it is read as a variable."""
    own = new_secrets()
    lines = [
        f"{line}'{own.get(line[:-1]) or secrets.token_urlsafe(32)}'" if line.endswith("=") else line
        for line in example.splitlines()
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
