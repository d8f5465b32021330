"""One aggregate's story over all services: each is asked for its part, and the parts are one by time."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from wex.commands import service_command
from wex.folders import Folders
from wex.ports import SERVICES


def tell(folders: Folders, aggregate: str, since: str | None) -> tuple[list[str], str]:
    """The lines, oldest first, of which each begins with its time; and in words why there are none, or ''."""
    asked = [aggregate, *(["--since", since] if since else [])]
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        parts = list(pool.map(lambda service: _part(folders, service, asked), SERVICES))
    if None in parts:
        return [], "no platform has been started here: `wex up` first"
    told = [part for part in parts if part is not None]
    failed = next((part.stderr.strip() for part in told if part.returncode), "")
    return sorted(line for part in told for line in part.stdout.splitlines()), failed


def _part(folders: Folders, service: str, asked: list[str]) -> subprocess.CompletedProcess[str] | None:
    command = service_command(folders, service)
    if command is None:
        return None
    argv = [sys.executable, "-m", service, "story", *asked]
    environment = os.environ | command.environment
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=False)
