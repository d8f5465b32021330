"""The health check in each server's container: ends with 0 when it is ready, and kills one that hangs.

Docker starts a container again when it has ended, never because it is unhealthy. So a server that was alive
and has not been for a while is killed here, by its own health check; one that is alive but not ready, because
the database is away, say, is left to recover.
"""

import http.client
import os
import signal
import sys
from pathlib import Path

# How many checks in a row found it not alive; there since it was first alive after the container's start.
FAILURES = Path("/tmp/not-alive")  # noqa: S108 - the container's own, in memory
MOST = 6  # a minute, with a check each ten seconds
ADDRESS = ("127.0.0.1", 8000)
SECONDS = 4.5


def main() -> int:
    """One check."""
    if not answers("/health/live"):
        return _not_alive()
    FAILURES.write_text("0")
    return 0 if answers("/health/ready") else 1


def answers(path: str) -> bool:
    """Whether the server answers with 200 in time."""
    connection = http.client.HTTPConnection(*ADDRESS, timeout=SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _not_alive() -> int:
    if FAILURES.exists():
        failures = int(FAILURES.read_text()) + 1
        FAILURES.write_text(str(failures))
        if failures >= MOST:
            kill_server()
    return 1


def kill_server() -> None:
    """Kill all in this container but this process and the first, which then ends; Docker starts it again."""
    os.kill(-1, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
