"""One aggregate's story over all services: each is asked for its part, and the parts are one by time."""

from concurrent.futures import ThreadPoolExecutor

from wex.commands import ask_service
from wex.folders import Folders
from wex.ports import SERVICES


def tell(folders: Folders, aggregate: str, since: str | None) -> tuple[list[str], str]:
    """The lines, oldest first, of which each begins with its time; and in words why there are none, or ''."""
    asked = [aggregate, *(["--since", since] if since else [])]
    with ThreadPoolExecutor(len(SERVICES)) as pool:
        parts = list(
            pool.map(lambda service: ask_service(folders, service, "story", *asked, capture=True), SERVICES)
        )
    if None in parts:
        return [], "no platform has been started here: `wex up` first"
    told = [part for part in parts if part is not None]
    failed = next((part.stderr.strip() for part in told if part.returncode), "")
    return sorted(line for part in told for line in part.stdout.splitlines()), failed
