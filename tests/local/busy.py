"""`python -m tests.local.busy COMMAND...`: runs it beside four processes that keep the processors busy."""

import subprocess
import sys

PROCESSES = 4
# Ends with the process that started it, however that one ends.
_LOOP = """
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(1_000_000))
"""


def main(command: list[str]) -> int:
    """Run the command; answers its exit code."""
    busy = [subprocess.Popen((sys.executable, "-c", _LOOP)) for _ in range(PROCESSES)]
    try:
        return subprocess.run(command, check=False).returncode
    finally:
        for process in busy:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
