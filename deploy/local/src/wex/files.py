"""Files that are either whole or not there, whatever ends the process that writes them."""

import tempfile
from pathlib import Path


def write_whole(file: Path, text: str, mode: int = 0o644) -> None:
    """Write the file, or replace it, in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, suffix=".tmp", delete=False) as partial:
        partial.write(text)
    Path(partial.name).chmod(mode)
    Path(partial.name).replace(file)
