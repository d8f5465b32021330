"""One supervisor per state folder."""

import fcntl
from typing import IO

from wex.folders import Folders
from wex.processes import ProcessError


class AlreadyRunningError(ProcessError):
    """Another supervisor holds this state folder."""


def take_lock(folders: Folders) -> IO[str]:
    """Hold the state folder until the file is closed; a dead holder holds nothing."""
    lock = (folders.run / "lock").open("a+")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise AlreadyRunningError(
            f"the platform in {folders.state} runs already: `wex status` shows it, `wex down` ends it"
        ) from error
    return lock
